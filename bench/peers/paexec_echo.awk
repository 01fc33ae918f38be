# The same for awk; mawk needs -W interactive, or it reads ahead and answers too late.
{ print; print ""; fflush() }
