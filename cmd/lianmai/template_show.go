package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

func newTemplateListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List templates: the built-in ones, and the newest version of each uploaded one",
		Example: `  lianmai template list
  lianmai template list --json | jq -r .name`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := pages(func(token string) ([]*pb.TemplateInfo, string, error) {
				resp, err := call(c, cmd.Context(), services.ListTemplates, &pb.ListTemplatesRequest{PageToken: token}, nil)
				return resp.GetTemplates(), resp.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return messages(p, list)
			}
			return p.templates(list)
		},
	}
}

// templates writes a table of versions of templates.
func (p printer) templates(list []*pb.TemplateInfo) error {
	var rows [][]cell
	for _, info := range list {
		version := strconv.Itoa(int(info.GetVersion()))
		if info.GetBuiltin() {
			version = "-"
		}
		rows = append(rows, row(info.GetName(), version, strconv.Itoa(int(info.GetMaxParticipants())), yes(info.GetBuiltin()),
			few(info.GetMixes()), day(info.GetCreateTime()), printable(info.GetDescription())))
	}
	return p.table([]string{"NAME", "VERSION", "PEOPLE", "BUILT-IN", "MIXES", "UPLOADED", "DESCRIPTION"}, rows)
}

func newTemplateGetCommand(c *client) *cobra.Command {
	var versions bool
	cmd := &cobra.Command{
		Use:   "get NAME[@VERSION]",
		Short: "Write a template as JSON, ready to be edited and uploaded",
		Example: `  lianmai template get stage > stage.json
  lianmai template get stage@1 | lianmai template upload -   # back to what it was
  lianmai template get stage --versions                      # and who uses them`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeTemplate,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, version, err := cutVersion("NAME", args[0])
			if err != nil {
				return err
			}
			resp, err := call(c, cmd.Context(), services.GetTemplate, &pb.GetTemplateRequest{Name: name, Version: version}, versioned)
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			switch {
			case versions && c.json:
				return messages(p, resp.GetVersions())
			case versions:
				return p.templates(resp.GetVersions())
			case c.json:
				return p.message(resp)
			default:
				_, err := p.w.Write(template.JSON(resp.GetTemplate()))
				return err
			}
		},
	}
	cmd.Flags().BoolVar(&versions, "versions", false, "list the versions instead, with the mixes that use them")
	return cmd
}

// shownNames is how many names a cell of a table has room for.
const shownNames = 4

// few joins the first names and says how many more there are.
func few(names []string) string {
	if n := len(names) - shownNames; n > 0 {
		return strings.Join(names[:shownNames], ",") + fmt.Sprintf(" +%d", n)
	}
	return listed(names)
}

// yes returns "yes" or "-".
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

// day returns when something was uploaded, in local time; "-" when it was not.
func day(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().Local().Format(time.DateTime)
}
