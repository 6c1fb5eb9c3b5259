package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// negativeLast marks a command whose last argument may be a negative number.
var negativeLast = map[string]string{"negativeLast": "yes"}

// negativePattern is what would be taken for short flags: -6, -.5.
var negativePattern = regexp.MustCompile(`^-\.?[0-9]`)

// numbersLast moves negative numbers that are arguments of a command with negativeLast
// behind "--", so that they are not taken for flags: `music gain room1 bed -6 --fade 2s`.
// A number that is the value of a flag stays with it.
func numbersLast(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd.Annotations["negativeLast"] == "" || slices.Contains(args, "--") {
		return args
	}
	var kept, numbers []string
	for i, arg := range args {
		if negativePattern.MatchString(arg) && (i == 0 || !takesNext(cmd, args[i-1])) {
			numbers = append(numbers, arg)
		} else {
			kept = append(kept, arg)
		}
	}
	if len(numbers) == 0 {
		return args
	}
	return append(append(kept, "--"), numbers...)
}

// takesNext says that arg is a flag whose value is the next argument.
func takesNext(cmd *cobra.Command, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	flag := cmd.Flag(name)
	return long && flag != nil && flag.NoOptDefVal == ""
}
