"""Due work of this slice."""

from gateway.providers.usecases import END, end

#: The last day of an agreement is over.
TIMERS = {END: end}
