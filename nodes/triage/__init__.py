"""From a fault ticket to what is wrong, how urgent it is, and what to do first."""
