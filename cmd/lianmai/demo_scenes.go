package main

import (
	"fmt"
	"math"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"

	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/layout"
)

// scene is one state of the demo's mix: what is asked of the service and so what
// the audience has to see.
type scene struct {
	title    string
	count    int    // participants 1 to count
	template string // layout
	main     int    // number of the main speaker; 0 for the first
	hidden   int    // number of the guest in the background; 0 for none
}

// demoScenes is what the demo shows, over and over.
var demoScenes = []scene{
	{title: "the host alone", count: 1, template: "grid-by-count"},
	{title: "one guest joins", count: 2, template: "grid-by-count"},
	{title: "three people", count: 3, template: "grid-by-count"},
	{title: "four people", count: 4, template: "grid-by-count"},
	{title: "five people", count: 5, template: "grid-by-count"},
	{title: "six people", count: 6, template: "grid-by-count"},
	{title: "guest 4 is the main speaker", count: 6, template: "grid-by-count", main: 4},
	{title: "guest 2's app goes to the background", count: 6, template: "grid-by-count", main: 4, hidden: 2},
	{title: "guest 2 is back", count: 6, template: "grid-by-count", main: 4},
	{title: "equal cells", count: 6, template: "grid"},
	{title: "main and strip, guest 3 speaks", count: 6, template: "strip", main: 3},
	{title: "PK of two", count: 2, template: "pk"},
}

// participantName is the name of synthetic participant number n in the demo's mix.
func participantName(n int) string {
	if n == 1 {
		return "host"
	}
	return fmt.Sprintf("guest%d", n)
}

// spec is what the scene asks of the service. play returns the URL of participant n.
func (s scene) spec(id, output string, size layout.Size, play func(n int) string) *pb.MixSpec {
	spec := &pb.MixSpec{
		Id:      id,
		Layout:  &pb.Layout{Template: s.template},
		Video:   &pb.VideoSettings{Width: int32(size.W), Height: int32(size.H)},
		Outputs: []*pb.Output{{Name: "cdn", Url: output}},
	}
	for n := 1; n <= s.count; n++ {
		spec.Participants = append(spec.Participants, &pb.Participant{
			Name: participantName(n), Url: play(n), Hidden: n == s.hidden,
		})
	}
	if s.main != 0 {
		spec.Layout.Main = participantName(s.main)
	}
	return spec
}

// places is where the audience has to see whom.
func (s scene) places(size layout.Size) (map[int]layout.Rect, error) {
	template, err := layout.Builtin(s.template)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	var names []string
	for n := 1; n <= s.count; n++ {
		numbers[participantName(n)] = n
		names = append(names, participantName(n))
	}
	mainName := ""
	if s.main != 0 {
		mainName = participantName(s.main)
	}
	places := map[int]layout.Rect{}
	for _, p := range template.Arrange(size, names, mainName, nil) {
		if n := numbers[p.Name]; n != s.hidden {
			places[n] = p.Rect
		}
	}
	return places, nil
}

// How exactly the demo judges itself.
const (
	// sceneSettle is how long a scene may take to be seen by the audience: a new
	// input's connection and its next key frame are part of it.
	sceneSettle = 2500 * time.Millisecond
	// sceneMargin is left out at a scene's end: segments begin at sampled pictures.
	sceneMargin = 600 * time.Millisecond
	// placeTolerance is how far an edge may be off, in pixels.
	placeTolerance = 6
)

// verify compares what the judge saw in the scene from one stream time to another
// with what had to be seen, and says what was wrong.
func (s scene) verify(report judge.Report, from, to time.Duration, size layout.Size) (problems []string) {
	from, to = from+sceneSettle, to-sceneMargin
	if to <= from {
		return nil // too short to be judged
	}
	want, err := s.places(size)
	if err != nil {
		return []string{err.Error()}
	}
	seen := false
	for _, segment := range report.Segments {
		if segment.To <= from.Seconds() || segment.From >= to.Seconds() {
			continue
		}
		seen = true
		if wrong := differences(segment.Seen, want); wrong != "" {
			at := math.Max(segment.From, from.Seconds())
			problems = append(problems, fmt.Sprintf("%q at %.1f s: %s", s.title, at, wrong))
		}
	}
	if !seen {
		problems = append(problems, fmt.Sprintf("%q: nothing was seen from %.1f to %.1f s", s.title, from.Seconds(), to.Seconds()))
	}
	return problems
}

// differences says in what the places that were seen differ from those wanted.
func differences(seen []judge.Place, want map[int]layout.Rect) string {
	found := map[int]bool{}
	for _, p := range seen {
		r, ok := want[p.Number]
		if !ok {
			return fmt.Sprintf("participant %d is seen and should not be", p.Number)
		}
		found[p.Number] = true
		for _, edge := range [][2]int{{p.X, r.X}, {p.Y, r.Y}, {p.X + p.W, r.X + r.W}, {p.Y + p.H, r.Y + r.H}} {
			if d := edge[0] - edge[1]; d > placeTolerance || d < -placeTolerance {
				return fmt.Sprintf("participant %d is at %d,%d %d×%d instead of %d,%d %d×%d",
					p.Number, p.X, p.Y, p.W, p.H, r.X, r.Y, r.W, r.H)
			}
		}
	}
	for n := range want {
		if !found[n] {
			return fmt.Sprintf("participant %d is not seen", n)
		}
	}
	return ""
}
