package main

// mixerGCPercent is Go's GOGC in a process that mixes. Pictures and codecs live in C's memory:
// Go has a few MB to look through, every few seconds.
const mixerGCPercent = 30
