package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

func newMixListCommand(c *client) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List mixes",
		Example: `  lianmai mix list
  lianmai mix list --all --json`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			mixes, err := pages(func(token string) ([]*pb.MixSummary, string, error) {
				req := &pb.ListMixesRequest{PageToken: token, IncludeStopped: all}
				resp, err := call(c, cmd.Context(), services.ListMixes, req, nil)
				return resp.GetMixes(), resp.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return messages(p, mixes)
			}
			return p.mixes(mixes)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "lately stopped mixes too")
	return cmd
}

func (p printer) mixes(mixes []*pb.MixSummary) error {
	if len(mixes) == 0 {
		return p.printf("no mixes")
	}
	var rows [][]cell
	for _, mix := range mixes {
		end := time.Now()
		if mix.GetStopTime() != nil {
			end = mix.GetStopTime().AsTime()
		}
		state := enumName(mix.GetState())
		rows = append(rows, []cell{
			{text: mix.GetId()},
			{text: state, colour: stateColour(state)},
			{text: strconv.FormatInt(mix.GetRevision(), 10)},
			{text: pinned(mix.GetTemplate(), mix.GetTemplateVersion())},
			{text: listed(mix.GetParticipants())},
			{text: listed(mix.GetOutputs())},
			{text: end.Sub(mix.GetCreateTime().AsTime()).Round(time.Second).String()},
		})
	}
	return p.table([]string{"ID", "STATE", "REVISION", "TEMPLATE", "INPUTS", "OUTPUTS", "AGE"}, rows)
}

func newMixGetCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show one mix: what is wanted, how it is doing, what happened",
		Example: `  lianmai mix get room1
  lianmai mix get room1 --json | jq .stats.ticks`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			resp, err := call(c, cmd.Context(), services.GetMix, &pb.GetMixRequest{Id: args[0]},
				namesOf(map[string]string{"id": "ID"}))
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return p.message(resp)
			}
			return p.mix(resp)
		},
	}
}

// shownEvents is how many of the last events `mix get` shows.
const shownEvents = 10

// mix writes everything about a mix.
func (p printer) mix(resp *pb.GetMixResponse) error {
	mix, stats := resp.GetMix(), resp.GetStats()
	state := enumName(mix.GetState())
	if err := p.printf("%s  %s  revision %d  %s", p.paint(bold, mix.GetSpec().GetId()),
		p.paint(stateColour(state), state), mix.GetRevision(), describe(mix.GetSpec())); err != nil {
		return err
	}
	if reason := mix.GetStopReason(); reason != "" {
		if err := p.printf("stopped: %s", reason); err != nil {
			return err
		}
	}
	ticks := stats.GetTicks()
	if err := p.printf("%s out: %d frames, %d late, %d skipped", sessionTime(stats.GetAt().AsDuration()),
		ticks.GetFrames(), ticks.GetLate(), ticks.GetSkipped()); err != nil {
		return err
	}
	if err := p.process(mix, stats.GetResources()); err != nil {
		return err
	}
	if err := p.printf("main speaker: %s\n", speaker(mix.GetSpec().GetLayout(), stats)); err != nil {
		return err
	}
	if err := p.sources(mix.GetSpec(), stats); err != nil {
		return err
	}
	if err := p.outputs(mix.GetSpec(), stats); err != nil {
		return err
	}
	if err := p.sound(mix.GetSpec(), stats); err != nil {
		return err
	}
	events := resp.GetEvents()
	for _, e := range events[max(0, len(events)-shownEvents):] {
		if err := p.event(e); err != nil {
			return err
		}
	}
	return nil
}

// speaker returns the main speaker and who chose.
func speaker(l *pb.Layout, stats *pb.MixStats) string {
	main := cmp.Or(stats.GetMain(), "nobody")
	if l.GetMainChoice() == pb.MainChoice_MAIN_CHOICE_AUTO {
		main += ", chosen by voice"
	}
	return main
}

func (p printer) sources(spec *pb.MixSpec, stats *pb.MixStats) error {
	if len(spec.GetParticipants()) == 0 {
		return nil
	}
	byName := map[string]*pb.SourceStats{}
	for _, s := range stats.GetSources() {
		byName[s.GetName()] = s
	}
	loud := map[string]string{}
	for _, m := range stats.GetMeters().GetSources() {
		loud[m.GetName()] = level(m.GetLufs())
	}
	var rows [][]cell
	for _, input := range spec.GetParticipants() {
		s := byName[input.GetName()]
		state := enumName(s.GetState())
		rows = append(rows, []cell{
			{text: input.GetName()},
			{text: state, colour: stateColour(state)},
			{text: fmt.Sprintf("%d×%d", s.GetWidth(), s.GetHeight())},
			{text: fmt.Sprintf("%.1f", s.GetFrameRate())},
			{text: bitrate(s.GetBitrate())},
			{text: fmt.Sprintf("%.0f dB", s.GetLevelDb())},
			{text: cmp.Or(loud[input.GetName()], "-")},
			{text: s.GetGop().AsDuration().Round(100 * time.Millisecond).String()},
			{text: s.GetDelay().AsDuration().Round(time.Millisecond).String()},
			{text: s.GetJitter().AsDuration().Round(time.Millisecond).String()},
			{text: fmt.Sprintf("%+.0f ppm", s.GetDriftPpm())},
			{text: fmt.Sprintf("%+d ms", s.GetAvSkew().AsDuration().Milliseconds())},
			{text: dropped(s)},
			{text: strconv.FormatInt(s.GetReconnects(), 10)},
			{text: redacted(input.GetUrl())},
		})
	}
	head := []string{"INPUT", "STATE", "SIZE", "FPS", "BITRATE", "LEVEL", "LUFS", "GOP", "DELAY", "JITTER", "DRIFT", "SKEW", "DROPPED", "RECONNECTS", "URL"}
	if err := p.table(head, rows); err != nil {
		return err
	}
	return p.printf("")
}

// dropped returns how many frames were dropped, and why.
func dropped(s *pb.SourceStats) string {
	text, sep := strconv.FormatInt(s.GetDroppedFrames(), 10), ": "
	for _, d := range []struct {
		count int64
		why   string
	}{
		{s.GetDrops().GetOverflow(), "overflow"},
		{s.GetDrops().GetNoKeyFrame(), "no key frame"},
		{s.GetDrops().GetRefused(), "refused"},
		{s.GetDrops().GetNotShown(), "not shown"},
	} {
		if d.count > 0 {
			text += fmt.Sprintf("%s%d %s", sep, d.count, d.why)
			sep = ", "
		}
	}
	return text
}

func (p printer) outputs(spec *pb.MixSpec, stats *pb.MixStats) error {
	byName := map[string]*pb.OutputStats{}
	for _, s := range stats.GetOutputs() {
		byName[s.GetName()] = s
	}
	var rows [][]cell
	for _, output := range spec.GetOutputs() {
		s := byName[output.GetName()]
		state := enumName(s.GetState())
		rows = append(rows, []cell{
			{text: output.GetName()},
			{text: state, colour: stateColour(state)},
			{text: bitrate(s.GetBitrate())},
			{text: s.GetQueue().AsDuration().Round(time.Millisecond).String()},
			{text: strconv.FormatInt(s.GetDroppedPackets(), 10)},
			{text: strconv.FormatInt(s.GetReconnects(), 10)},
			{text: redacted(output.GetUrl())},
		})
	}
	if err := p.table([]string{"OUTPUT", "STATE", "BITRATE", "QUEUE", "DROPPED", "RECONNECTS", "URL"}, rows); err != nil {
		return err
	}
	return p.printf("")
}

// redacted returns a URL without its query, for screens.
func redacted(url string) string {
	u, err := rtmp.ParseURL(url)
	if err != nil {
		return "?"
	}
	return u.Redacted()
}

// process says what the process that mixes takes, in one line.
func (p printer) process(mix *pb.Mix, r *pb.ResourceStats) error {
	var parts []string
	if r.GetCpu().AsDuration() > 0 {
		parts = append(parts, fmt.Sprintf("%.1f s of CPU", r.GetCpu().AsDuration().Seconds()), fmt.Sprintf("%d MB", r.GetMemory()>>20))
	}
	if load := r.GetLoad(); load > pb.LoadLevel_LOAD_LEVEL_FULL {
		parts = append(parts, p.paint(yellow, "does with less: "+enumName(load)))
	}
	switch n := mix.GetRestarts(); {
	case n == 1:
		parts = append(parts, "started anew once")
	case n > 1:
		parts = append(parts, fmt.Sprintf("started anew %d times", n))
	}
	if len(parts) == 0 {
		return nil
	}
	return p.printf("process: %s", strings.Join(parts, ", "))
}
