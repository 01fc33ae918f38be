// Of the guard program alone. A function's arguments and a system call's lie in other registers:
// here they are moved. Another processor needs its lines here, and no more.
#include "spread/guard/system_call.h"

#if defined(__x86_64__) && defined(__LP64__)
asm(R"(
  .text
  .globl system_call
  .type system_call, @function
system_call:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
  ret
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl system_call
  .type system_call, %function
system_call:
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  mov x5, x6
  svc #0
  ret
)");
#elif defined(__riscv) && __riscv_xlen == 64
asm(R"(
  .text
  .globl system_call
  .type system_call, @function
system_call:
  mv a7, a0
  mv a0, a1
  mv a1, a2
  mv a2, a3
  mv a3, a4
  mv a4, a5
  mv a5, a6
  ecall
  ret
)");
#else
#error "the guard program does not know how this processor makes a system call: add it here"
#endif
