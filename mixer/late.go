package mixer

import "time"

// What happens when the machine does not let a tick run in time.
const (
	// repeatBehind is how late, in frames, the picture may be and still be drawn
	// anew. Beyond it the last picture is encoded again, which costs a fraction, until
	// the output has caught up: no timestamp is missing after a short pause.
	repeatBehind = 2
	// skipBehind is how late a picture may be at all. Beyond it the machine is too
	// slow for the mix: frames are left out and counted, and never made up for.
	skipBehind = time.Second
)

// catchUp looks at how late the frame that was due is and decides what to make of
// it: s.hurried says that the canvas is to be encoded as it is. It returns when the
// frame that is made now is due.
func (s *Session) catchUp(due, late time.Duration) time.Duration {
	frameTime := s.video.FrameRate.Time(1)
	if late > frameTime/2 {
		s.ticks.Late++
	}
	// Frame 0 has nothing to repeat.
	s.hurried = late > repeatBehind*frameTime && s.frame > 0
	if late <= skipBehind {
		return due
	}
	now := s.video.FrameRate.Index(due + late)
	s.ticks.Skipped += now - s.frame
	s.untold += now - s.frame
	s.frame, s.hurried = now, false
	return s.video.FrameRate.Time(now)
}
