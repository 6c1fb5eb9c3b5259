package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newTemplateCommand() *cobra.Command {
	c := &client{}
	cmd := &cobra.Command{
		Use:   "template",
		Short: "Upload, look at and delete the layout templates of a running service",
		Long: `Upload, look at and delete the layout templates of a running service. A template is a
JSON or YAML file; what may be in it is in proto/lianmai/v1/template.proto.

An upload makes a new version. Mixes keep the version that they have until
` + "`lianmai mix layout ID --template NAME`" + ` names the template anew.

Answers are for people; with --json they are the API's messages, one JSON object in
each line.`,
		Example: `  lianmai template get pk > duel.json           # begin with a built-in one; give it a name of its own
  lianmai template validate duel.json
  lianmai template preview duel.json --participants 3
  lianmai template upload duel.json
  lianmai mix layout room1 --template duel      # a running mix changes over`,
		Args: subcommandArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.register(cmd)
	cmd.AddCommand(
		newTemplateUploadCommand(c),
		newTemplateValidateCommand(c),
		newTemplatePreviewCommand(c),
		newTemplateListCommand(c),
		newTemplateGetCommand(c),
		newDeleteCommand(c, deletion{
			noun: func() string { return "template" }, user: "a mix uses it",
			example: `  lianmai template delete stage@2
  lianmai template delete stage        # all its versions`,
			complete: c.completeTemplate,
			call: func(ctx context.Context, name string, version int32) (proto.Message, error) {
				req := &pb.DeleteTemplateRequest{Name: name, Version: version}
				return call(c, ctx, services.DeleteTemplate, req, versioned)
			},
		}),
	)
	return cmd
}

// deletion is what `template delete` and `asset delete` differ in.
type deletion struct {
	noun          func() string
	user, example string
	complete      cobra.CompletionFunc
	call          func(ctx context.Context, name string, version int32) (proto.Message, error)
}

func newDeleteCommand(c *client, d deletion) *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME[@VERSION]",
		Short:             "Delete one version, or all of them, unless " + d.user,
		Example:           d.example,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: d.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, version, err := cutVersion("NAME", args[0])
			if err != nil {
				return err
			}
			resp, err := d.call(cmd.Context(), name, version)
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			switch {
			case c.json:
				return p.message(resp)
			case version == 0:
				return p.printf("deleted %s %s with all its versions", d.noun(), p.paint(bold, name))
			default:
				return p.printf("deleted %s %s", d.noun(), p.paint(bold, args[0]))
			}
		},
	}
}

// textFiles are how the names of templates' files end.
var textFiles = []string{".json", ".yaml", ".yml"}

// isTemplateFile says that a word names a file, not a template: by its form alone,
// so that what lies in the folder changes nothing.
func isTemplateFile(word string) bool {
	return word == standard || strings.ContainsRune(word, filepath.Separator) ||
		slices.Contains(textFiles, strings.ToLower(filepath.Ext(word)))
}

// baseOf returns a file's name without its folder and what follows the last dot.
func baseOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
