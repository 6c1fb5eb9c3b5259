package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"
)

// forever is how --plays says that a piece begins anew each time that it ends.
const forever = "forever"

// playsFlag is how often a piece is played, as the API counts: −1 is for ever. The zero
// value is "not set".
type playsFlag int32

// String returns N or forever; nothing when it is not set.
func (f *playsFlag) String() string {
	switch {
	case *f == 0:
		return ""
	case *f < 0:
		return forever
	default:
		return strconv.Itoa(int(*f))
	}
}

// Set reads N or forever. How large N may be, the service says.
func (f *playsFlag) Set(text string) error {
	if text == forever {
		*f = -1
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return errors.New("want how often, such as 3, or forever")
	}
	*f = playsFlag(n)
	return nil
}

// Type names the kind of value in the help.
func (f *playsFlag) Type() string { return "N|" + forever }

// positionFlag is a place in a piece: 1m30.5s or 1:30.5. It is a pflag.Value, so that a
// mistake names its flag.
type positionFlag time.Duration

// String returns m:ss.mmm; nothing for the beginning.
func (f *positionFlag) String() string {
	if *f == 0 {
		return ""
	}
	return position(time.Duration(*f))
}

// Set reads a duration or a clock's time. How far a piece goes, the service knows.
func (f *positionFlag) Set(text string) error {
	d, err := parsePosition(text)
	*f = positionFlag(d)
	return err
}

// Type names the kind of value in the help.
func (f *positionFlag) Type() string { return "TIME" }

// clockPattern is [h:]mm:ss with up to nine decimals.
var clockPattern = regexp.MustCompile(`^(?:(\d{1,4}):([0-5]?\d)|(\d{1,6})):([0-5]?\d(?:\.\d{1,9})?)$`)

// parsePosition reads a duration such as 1m30.5s or a clock's time, [h:]mm:ss.mmm.
func parsePosition(text string) (time.Duration, error) {
	fields := clockPattern.FindStringSubmatch(text)
	if fields == nil {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, errors.New("want a time such as 1m30s, 12.5s or 1:30.500")
		}
		return d, nil
	}
	hours, minutes := fields[1], fields[2]+fields[3] // one of the two forms
	if hours == "" {
		hours = "0"
	}
	return time.ParseDuration(hours + "h" + minutes + "m" + fields[4] + "s")
}

// position returns m:ss.mmm; from an hour on h:mm:ss.mmm.
func position(d time.Duration) string {
	d = d.Round(time.Millisecond)
	if d >= time.Hour || d < 0 {
		return sessionTime(d)
	}
	return fmt.Sprintf("%d:%02d.%03d", d/time.Minute, d/time.Second%60, d/time.Millisecond%1000)
}

// given returns the duration of a flag; nil when the flag is not given.
func given(cmd *cobra.Command, flag string, d time.Duration) *durationpb.Duration {
	if !cmd.Flags().Changed(flag) {
		return nil
	}
	return durationpb.New(d)
}
