package main

import (
	"cmp"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// layoutFlags are the flags of `mix layout`.
type layoutFlags struct {
	template string // NAME[@VERSION]
	main     string
	order    []string
	look     lookFlags
	places   []string // NAME=X,Y,W,H[,Z]
	expected int64
}

func newMixLayoutCommand(c *client) *cobra.Command {
	f := &layoutFlags{}
	cmd := &cobra.Command{
		Use:   "layout ID [--template NAME[@VERSION]] [--main NAME] [--order NAME,NAME,…] …",
		Short: "Change the layout, the main speaker or the order of a running mix",
		Example: `  lianmai mix layout room1 --main ben
  lianmai mix layout room1 --template strip --order carl,anna,ben
  lianmai mix layout room1 --template stage      # an uploaded one, in its newest version
  lianmai mix layout room1 --auto-main           # who speaks is large
  lianmai mix layout room1 --place ben=0.6,0.7,0.35,0.25,2 --transition 500ms
  lianmai mix layout room1 --place ''            # back to the template's places
  lianmai mix layout room1 --order ''            # back to join order`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := f.request(cmd, args[0])
			if err != nil {
				return err
			}
			resp, err := call(c, cmd.Context(), services.UpdateLayout, req, func(field string) string {
				return cmp.Or(layoutFlagOf[field], placeFlag(req.GetOverrides(), field))
			})
			if err != nil {
				return err
			}
			return c.answer(cmd, resp.GetMix(), "changed")
		},
	}
	f.register(c, cmd)
	return cmd
}

func (f *layoutFlags) register(c *client, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.template, "template", "", "layout, built in or uploaded, `NAME[@VERSION]`; '' for the default")
	flags.StringVar(&f.main, "main", "", "the main speaker's `NAME`; '' for the first in order")
	flags.StringSliceVar(&f.order, "order", nil, "participants by name; the others follow in join order")
	f.look.register(cmd)
	flags.StringArrayVar(&f.places, "place", nil, "where a participant is seen, shares of the canvas, `NAME=X,Y,W,H[,Z]`; may be repeated, replaces those before; '' for none")
	registerExpected(cmd, &f.expected)
	complete(cmd, "template", c.templates)
	complete(cmd, "main", c.participants)
	complete(cmd, "order", c.participants)
	completePairs(cmd, "place", c.participants, nil)
}

// layoutFlagOf has the fields of an UpdateLayoutRequest that come from one flag.
// `layout` is the rule that each participant has one place.
var layoutFlagOf = map[string]string{
	"id": "ID", "template": "--template", "template_version": "--template, the version", "main": "--main",
	"order.names": "--order", "transition": "--transition", "placeholder_after": "--placeholder-after", "overrides.slots": "--place", "layout": "--place",
	expectedField: "--expected-revision",
}

// request returns the flags that are given as the API takes them.
func (f *layoutFlags) request(cmd *cobra.Command, id string) (*pb.UpdateLayoutRequest, error) {
	req := &pb.UpdateLayoutRequest{Id: id, ExpectedRevision: f.expected, Transition: f.look.moving(cmd), PlaceholderAfter: f.look.patience(cmd)}
	changed := cmd.Flags().Changed
	if changed("template") {
		name, version, err := cutVersion("--template", f.template)
		if err != nil {
			return nil, err
		}
		req.Template, req.TemplateVersion = &name, &version
	}
	if changed("main") {
		req.Main = &f.main
	}
	if changed("order") {
		req.Order = &pb.ParticipantOrder{Names: f.order}
	}
	if choice := f.look.mainChoice(cmd); choice != pb.MainChoice_MAIN_CHOICE_UNSPECIFIED {
		req.MainChoice = &choice
	}
	if changed("place") {
		overrides, err := placesOf(f.places)
		if err != nil {
			return nil, err
		}
		req.Overrides = overrides
	}
	if req.Template == nil && req.Main == nil && req.Order == nil && req.MainChoice == nil && req.Overrides == nil && req.Transition == nil && req.PlaceholderAfter == nil {
		return nil, usagef("nothing to change: give --template, --main, --auto-main, --order, --place, --transition or --placeholder-after")
	}
	return req, nil
}
