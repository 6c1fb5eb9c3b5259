package main

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// lookFlags are the flags that `mix start` and `mix layout` have in common, beside
// --template and --main.
type lookFlags struct {
	autoMain         bool
	transition       time.Duration
	placeholderAfter time.Duration
}

func (f *lookFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.autoMain, "auto-main", false, "who speaks becomes the main speaker; --auto-main=false ends it")
	flags.DurationVar(&f.transition, "transition", 0, "how long tiles move to a new arrangement, 0s to 5s; 0s is a cut (default: the template's)")
	flags.DurationVar(&f.placeholderAfter, "placeholder-after", 0, "how long an input's last picture stays before its placeholder is shown, 200ms to 1m (default 3s)")
}

// mainChoice returns who chooses the main speaker; unspecified when the flag is not
// given.
func (f *lookFlags) mainChoice(cmd *cobra.Command) pb.MainChoice {
	switch {
	case !cmd.Flags().Changed("auto-main"):
		return pb.MainChoice_MAIN_CHOICE_UNSPECIFIED
	case f.autoMain:
		return pb.MainChoice_MAIN_CHOICE_AUTO
	default:
		return pb.MainChoice_MAIN_CHOICE_FIXED
	}
}

// moving returns the transition; nil when the flag is not given.
func (f *lookFlags) moving(cmd *cobra.Command) *durationpb.Duration {
	if !cmd.Flags().Changed("transition") {
		return nil
	}
	return durationpb.New(f.transition)
}

// patience returns how long a last picture stays; nil when the flag is not given.
func (f *lookFlags) patience(cmd *cobra.Command) *durationpb.Duration {
	if !cmd.Flags().Changed("placeholder-after") {
		return nil
	}
	return durationpb.New(f.placeholderAfter)
}

// placesOf reads NAME=X,Y,W,H[,Z]; an empty text is none, so that "" alone takes all
// overrides away.
func placesOf(texts []string) (*pb.SlotOverrides, error) {
	overrides := &pb.SlotOverrides{}
	for _, text := range texts {
		if text == "" {
			continue
		}
		place, ok := placeOf(text)
		if !ok {
			return nil, usagef("--place %q: want NAME=X,Y,W,H[,Z], shares of the canvas such as ben=0.6,0.7,0.35,0.25,2", text)
		}
		overrides.Slots = append(overrides.Slots, place)
	}
	return overrides, nil
}

// placeOf reads one place. Whether it lies on the canvas, the service says.
func placeOf(text string) (*pb.SlotOverride, bool) {
	name, numbers := cutName(text)
	fields := strings.Split(numbers, ",")
	if name == "" || len(fields) < 4 || len(fields) > 5 {
		return nil, false
	}
	place := &pb.SlotOverride{Participant: name}
	for i, set := range []**float64{&place.X, &place.Y, &place.W, &place.H} {
		share, err := strconv.ParseFloat(strings.TrimSpace(fields[i]), 64)
		if err != nil || math.IsNaN(share) || math.IsInf(share, 0) {
			return nil, false
		}
		*set = &share
	}
	if len(fields) == 5 {
		z, err := strconv.ParseInt(strings.TrimSpace(fields[4]), 10, 32)
		if err != nil {
			return nil, false
		}
		order := int32(z)
		place.Z = &order
	}
	return place, true
}

// placeFlag names the --place that a field of an UpdateLayoutRequest came from.
func placeFlag(overrides *pb.SlotOverrides, field string) string {
	i, rest, ok := elementOf(field, "overrides.slots")
	if !ok || i >= len(overrides.GetSlots()) {
		return ""
	}
	flag := "--place " + overrides.GetSlots()[i].GetParticipant()
	if rest == "" {
		return flag
	}
	return flag + ", " + rest
}
