package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/rtmp"
)

func newTokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make and list the tokens of callers, and the keys of streams",
		Args:  subcommandArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenNewCommand(), newTokenListCommand(), newTokenStreamCommand())
	return cmd
}

func newTokenNewCommand() *cobra.Command {
	var name, file, scopes string
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make a token; it is shown once",
		Long: `Make a token of 256 random bits. It is written to stdout, once; what is kept is its hash.
With --file the hash goes into that file, which is made if there is none; without, it is
written for you to put there. A service that has the file (--tokens) takes the token
within a second; a token is revoked by taking its entry out.

Scopes: mix starts, changes and stops mixes; template uploads and deletes templates,
pictures and sounds; read sees all that, but no secrets in URLs. mix and template have
read in them.`,
		Example: `  lianmai token new --name studio --scope mix,template --file tokens.yaml
  lianmai token new --name dashboard --scope read --file tokens.yaml`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := guard.ParseScopes(strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' }))
			if err != nil {
				return usagef("--scope: %w", err)
			}
			token, hash := guard.NewToken()
			entry, err := guard.NewEntry(name, hash, set, time.Now())
			if err != nil {
				return usagef("--name: %w", err)
			}
			if file == "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "Put this under \"tokens:\" in the file that the service has (--tokens):\n  - {name: %s, hash: %q, scopes: [%s]}\n",
					entry.Name, entry.Hash, strings.Join(entry.Scopes, ", "))
			} else if err := guard.AddEntry(file, entry); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "whose token it is, for logs; `NAME`")
	flags.StringVar(&scopes, "scope", "", "what it may do: `SCOPES` of mix, template and read, parted by commas")
	flags.StringVar(&file, "file", "", "YAML `FILE` that gets the hash")
	_ = cmd.MarkFlagRequired("name") // it fails only for a flag that is not there
	_ = cmd.MarkFlagRequired("scope")
	return cmd
}

func newTokenListCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens of a file",
		Example: `  lianmai token list --file tokens.yaml`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			entries, err := guard.Entries(file)
			if err != nil {
				return err
			}
			for _, e := range entries {
				made := ""
				if !e.Created.IsZero() {
					made = e.Created.Format(time.DateOnly)
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-24s  %-18s  %s\n", e.Name, strings.Join(e.Scopes, ","), made); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "YAML `FILE` of the tokens")
	_ = cmd.MarkFlagRequired("file") // it fails only for a flag that is not there
	return cmd
}

func newTokenStreamCommand() *cobra.Command {
	var secret, file string
	var play bool
	var valid time.Duration
	cmd := &cobra.Command{
		Use:   "stream URL",
		Short: "Sign the URL of a stream for the embedded origin",
		Long: `Write URL with the key that the embedded origin of "lianmai serve --publish-keys" wants:

  key = EXPIRY-HEX(HMAC-SHA256(secret, "publish:APP/STREAM:EXPIRY"))

EXPIRY is in seconds since 1970, 0 for never; a player's key has "play" for "publish".
A platform makes such keys itself.`,
		Example: `  lianmai token stream rtmp://mixer.example.com/live/host --publish-keys keys.txt --for 2h
  lianmai token stream rtmp://mixer.example.com/live/mix --publish-keys keys.txt --play`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			u, err := rtmp.ParseURL(arguments[0])
			if err != nil {
				return usageError{err}
			}
			verb := guard.Publish
			if play {
				verb = guard.Play
			}
			u, err = signed(u, verb, secret, file, valid)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), u.String())
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "publish-keys", "", "`FILE` of the service's secrets; the first one signs")
	flags.StringVar(&secret, "publish-key", "", "the service's `SECRET` itself")
	flags.BoolVar(&play, "play", false, "a key to play with")
	flags.DurationVar(&valid, "for", 0, "how long the key lets a stream begin; 0 = for ever")
	return cmd
}

// signed returns u with a key of the secret, or of the file's first one. Neither is an error.
func signed(u rtmp.URL, verb guard.Verb, secret, file string, valid time.Duration) (rtmp.URL, error) {
	keys, err := streamKeys(secret, file, slog.New(slog.DiscardHandler))
	if err != nil {
		return u, err
	}
	if keys == nil {
		return u, usageError{errNoStreamKeys}
	}
	var expiry time.Time
	if valid > 0 {
		expiry = time.Now().Add(valid)
	}
	return u.WithQuery(keys.Pair(verb, u.Stream(), expiry)), nil
}
