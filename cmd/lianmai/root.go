// Command lianmai mixes live streams: `lianmai serve` is the service, `lianmai mix`,
// `music`, `template` and `asset` drive it, and the others try it out and judge what it makes.
//
// Exit codes: 0 done, 1 it failed, 2 it was asked wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/media"

	_ "github.com/lianmai/lianmai/internal/timerslack" // fewer wake-ups
)

// version is set by the linker.
var version = "dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	media.QuietNative()
	os.Exit(run(untilSignalled(), os.Args[1:], os.Stdout, os.Stderr))
}

// untilSignalled returns a context that ends with the first SIGTERM or Ctrl-C. A second
// one ends the process at once, as failed. It is for the whole life of the process.
func untilSignalled() context.Context {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		end()
		<-signals
		os.Exit(exitFailed)
	}()
	return ctx
}

// run is one run of the command with its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(numbersLast(root, args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return reportError(stderr, cmd, err)
}

// newRootCommand returns the command with all its subcommands.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "lianmai",
		Short:         "Mix live streams: many RTMP inputs, one RTMP output",
		Version:       version,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		Args:          subcommandArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newServeCommand(newEngine),
		newMixCommand(),
		newMusicCommand(),
		newTemplateCommand(),
		newAssetCommand(),
		newRenderCommand(),
		newPublishCommand(),
		newTokenCommand(),
		newDemoCommand(),
		newCheckCommand(),
		newWebhookCommand(),
		newHealthcheckCommand(),
		newDoctorCommand(),
		newWorkerCommand(),
	)
	return root
}

// usageError is the caller's mistake: exit code 2.
type usageError struct{ error }

// Unwrap returns the mistake.
func (u usageError) Unwrap() error { return u.error }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// silentError ends a command whose output has said everything: only the exit code is
// left.
type silentError struct{ code int }

// Error is for code that does not know silentError.
func (s silentError) Error() string { return fmt.Sprintf("exit code %d", s.code) }

// reportError prints err for people and returns its exit code.
func reportError(w io.Writer, cmd *cobra.Command, err error) int {
	if silent, ok := errors.AsType[silentError](err); ok {
		return silent.code
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		refused.print(w)
		return refused.exitCode()
	}
	fmt.Fprintf(w, "lianmai: %v\n", err)
	if _, ok := errors.AsType[usageError](err); !ok {
		return exitFailed
	}
	fmt.Fprintf(w, "Try '%s --help'.\n", cmd.CommandPath())
	return exitUsage
}

// args makes a usageError of what check finds.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// subcommandArgs is for commands that only hold others: any argument is a spelling
// mistake.
func subcommandArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.SuggestionsMinimumDistance <= 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	near := cmd.SuggestionsFor(args[0])
	if len(near) == 0 {
		return usagef("%s has no command %q", cmd.CommandPath(), args[0])
	}
	return usagef("%s has no command %q; did you mean %s?", cmd.CommandPath(), args[0], strings.Join(near, " or "))
}
