package main

import (
	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

func newTemplateUploadCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "upload FILE…",
		Short: "Upload templates from JSON or YAML files; - is standard input",
		Long: `Upload templates from JSON or YAML files; - is standard input.

Everything that is wrong with a file is told at once, each fault with its path, and
nothing of that file is kept. The other files are uploaded all the same; the exit code
is 1 then. The same template again makes no new version.`,
		Example: `  lianmai template upload stage.json
  lianmai template upload templates/*.yaml
  jq '.name = "duel"' pk.json | lianmai template upload -`,
		Args:              args(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeFiles(textFiles),
		RunE: func(cmd *cobra.Command, files []string) error {
			p, errs := newPrinter(cmd.OutOrStdout()), newPrinter(cmd.ErrOrStderr())
			upload := func(file string) ([]warning, error) {
				resp, err := c.sendTemplate(cmd, file, false)
				if err != nil {
					return nil, err
				}
				if c.json {
					return nil, p.message(resp) // the warnings are in it
				}
				return warningsOf(resp), p.printf("uploaded %s (%s)",
					p.paint(bold, pinned(resp.GetInfo().GetName(), resp.GetInfo().GetVersion())),
					plural(int(resp.GetInfo().GetMaxParticipants()), "participant"))
			}
			return eachFile(files, upload, func(v verdict) error {
				if err := p.warnings(v); err != nil {
					return err
				}
				return errs.faults(v)
			})
		},
	}
}

// sendTemplate uploads a file, or lets the service check it only.
func (c *client) sendTemplate(cmd *cobra.Command, file string, checkOnly bool) (*pb.UploadTemplateResponse, error) {
	text, err := readFile(cmd, file, template.MaxBytes)
	if err != nil {
		return nil, err
	}
	return c.sendText(cmd, text, checkOnly)
}

// sendText is sendTemplate of what is read already.
func (c *client) sendText(cmd *cobra.Command, text []byte, checkOnly bool) (*pb.UploadTemplateResponse, error) {
	return call(c, cmd.Context(), services.UploadTemplate, &pb.UploadTemplateRequest{
		Source: &pb.UploadTemplateRequest_Text{Text: text}, ValidateOnly: checkOnly,
	}, nil)
}

// warningsOf returns the warnings of an upload.
func warningsOf(resp *pb.UploadTemplateResponse) []warning {
	var list []warning
	for _, w := range resp.GetWarnings() {
		list = append(list, warning{w.GetField(), w.GetDescription()})
	}
	return list
}

func newTemplateValidateCommand(c *client) *cobra.Command {
	var serverSide bool
	cmd := &cobra.Command{
		Use:   "validate FILE…",
		Short: "Say what is wrong with templates; no service is needed",
		Long: `Say what is wrong with templates in JSON or YAML files; - is standard input. No service
is needed; --server-side asks one, which knows the pictures too. The exit code is 1 if
anything is wrong.

With --json it writes one object for each file:
  {"file":"stage.json","ok":false,"faults":[{"path":"layouts[0]","allowed":"…"}],"warnings":[]}`,
		Example: `  lianmai template validate stage.json
  lianmai template validate --server-side templates/*.yaml
  lianmai template validate --json stage.json | jq .faults`,
		Args:              args(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeFiles(textFiles),
		RunE: func(cmd *cobra.Command, files []string) error {
			check := func(file string) ([]warning, error) { return checkTemplate(cmd, file) }
			if serverSide {
				check = func(file string) ([]warning, error) {
					resp, err := c.sendTemplate(cmd, file, true)
					return warningsOf(resp), err
				}
			}
			p := newPrinter(cmd.OutOrStdout())
			return eachFile(files, check, func(v verdict) error {
				if c.json {
					return p.object(v)
				}
				return p.verdict(v)
			})
		},
	}
	cmd.Flags().BoolVar(&serverSide, "server-side", false, "ask the service, which knows the pictures")
	return cmd
}

// verdict writes what was found out about a file.
func (p printer) verdict(v verdict) error {
	if v.OK {
		if err := p.printf("%s: %s", p.paint(bold, v.File), p.paint(green, "ok")); err != nil {
			return err
		}
	}
	if err := p.faults(v); err != nil {
		return err
	}
	return p.warnings(v)
}

// checkTemplate checks a file without a service: any picture may be named.
func checkTemplate(cmd *cobra.Command, file string) ([]warning, error) {
	text, err := readFile(cmd, file, template.MaxBytes)
	if err != nil {
		return nil, err
	}
	message, _, warnings, err := template.Load(text, nil)
	if err == nil {
		err = template.CheckName(message.GetName())
	}
	return ownWarnings(warnings), err
}

// ownWarnings returns what package template warns of.
func ownWarnings(warnings []template.Warning) []warning {
	var list []warning
	for _, w := range warnings {
		list = append(list, warning{w.Path, w.Text})
	}
	return list
}
