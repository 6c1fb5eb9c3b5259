package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/webhook"
)

// shownAnswer bounds how much of an endpoint's answer is printed, in bytes.
const shownAnswer = 512

func newWebhookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Try out where events are sent to",
		Args:  subcommandArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newWebhookTestCommand(), newWebhookSecretCommand())
	return cmd
}

func newWebhookTestCommand() *cobra.Command {
	var secretFile string
	cmd := &cobra.Command{
		Use:   "test URL",
		Short: "Send a signed test event and say what comes back",
		Long: `Send one event of type "test" to URL, signed with the secrets of a file, as the
service signs its own. It waits up to 10 seconds and does not try again.

Exit code 0 means that the endpoint took it: it answered with a status of 200–299.`,
		Example: `  lianmai webhook test https://example.org/lianmai --secret-file /etc/lianmai/webhook.secret`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			secrets, err := webhook.ReadSecrets(secretFile)
			if err != nil {
				return usagef("--secret-file: %w", err)
			}
			begun := time.Now()
			answer, err := webhook.Test(cmd.Context(), webhook.Endpoint{URL: args[0], Secrets: secrets})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "status %d after %v\n", answer.Code, time.Since(begun).Round(time.Millisecond))
			if body := answer.Body[:min(len(answer.Body), shownAnswer)]; len(body) > 0 {
				// Quoted: it is whatever the endpoint wrote.
				fmt.Fprintln(cmd.OutOrStdout(), strconv.Quote(string(body)))
			}
			if !answer.Taken() {
				return fmt.Errorf("the endpoint did not take the message: want a status of 200–299, got %d", answer.Code)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&secretFile, "secret-file", "", "`FILE` of secrets, one in each line; see lianmai webhook secret")
	_ = cmd.MarkFlagRequired("secret-file") // the flag is there
	return cmd
}

func newWebhookSecretCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "secret",
		Short: "Make a secret that signs events",
		Example: `  (umask 077; lianmai webhook secret > webhook.secret)
  lianmai webhook secret >> webhook.secret    # another one; messages are signed with both`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), webhook.NewSecret().Reveal())
			return err
		},
	}
}
