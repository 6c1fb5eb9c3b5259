package server

import (
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

// overridesOf returns overrides in the engine's terms, and what is wrong with them;
// paths begin at the overrides' number: `[0].border.color`.
func overridesOf(overrides []*pb.SlotOverride) (list []layout.Override, faults Faults) {
	for i, o := range overrides {
		out, wrong := overrideOf(o)
		list = append(list, out)
		faults = append(faults, wrong.under(fmt.Sprintf("[%d].", i))...)
	}
	return list, faults
}

// overrideOf returns one override. The rules for how a slot may be dressed are those of
// templates, so a template with one slot that is dressed like this is built.
func overrideOf(o *pb.SlotOverride) (out layout.Override, faults Faults) {
	const slotPath = "layouts[0].slots[0]."
	slot := &pb.Slot{W: 1, H: 1, Fit: o.Fit, CornerRadius: o.CornerRadius, Border: o.Border, Label: o.Label, Opacity: o.Opacity}
	built, _, err := template.Build(&pb.LayoutTemplate{
		Name: "override", Layouts: []*pb.CountLayout{{Slots: []*pb.Slot{slot}}},
	}, nil)
	if err != nil {
		listed, other := templateFaults(err)
		if other != nil {
			listed = Faults{{Field: "slot", Allowed: other.Error()}}
		}
		for _, f := range listed {
			field := strings.TrimPrefix(f.Field, slotPath)
			if field == "cornerRadius" {
				field = "corner_radius" // as the protos' rules call it, which find it too
			}
			faults = append(faults, Fault{Field: field, Allowed: f.Allowed})
		}
		return out, faults
	}
	dressed := built.Portrait[0].Slots[0]
	out = layout.Override{Participant: o.Participant, X: across(o.X), Y: down(o.Y), W: across(o.W), H: down(o.H)}
	if o.Z != nil {
		z := int(*o.Z)
		out.Z = &z
	}
	if o.Fit != pb.Fit_FIT_UNSPECIFIED {
		out.Fit = &dressed.Fit
	}
	if o.CornerRadius != nil {
		out.Radius = &dressed.Style.Radius
	}
	if o.Opacity != nil {
		out.Fade = &dressed.Style.Fade
	}
	if o.Border != nil {
		out.Border = &dressed.Style.Border
	}
	if o.Label != nil {
		out.Label = &dressed.Style.Label
	}
	return out, nil
}

// across returns a share of the canvas's width, if there is one.
func across(share *float64) *layout.Length {
	if share == nil {
		return nil
	}
	return &layout.Length{W: *share}
}

// down returns a share of the canvas's height, if there is one.
func down(share *float64) *layout.Length {
	if share == nil {
		return nil
	}
	return &layout.Length{H: *share}
}
