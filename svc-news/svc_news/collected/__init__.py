"""What other publishers wrote: title, excerpt and link, each told once."""
