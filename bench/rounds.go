package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// progress tells a person what is going on, a line at a time.
type progress func(format string, args ...any)

// measurement is what is known of one scenario in the end.
type measurement struct {
	task       task
	contenders []contender
	// runs holds what each contender cost in each round, by its name.
	runs map[string][]usage
	// outcomes holds what each contender that does the whole job wrote, by its name.
	outcomes map[string]outcome
}

// measureTask runs the contenders in turn, n times after a round that does not count,
// and looks at what they wrote.
func measureTask(ctx context.Context, t task, contenders []contender, n int, say progress) (measurement, error) {
	m := measurement{task: t, contenders: contenders, runs: map[string][]usage{}, outcomes: map[string]outcome{}}
	argv, err := t.referenceArgs()
	if err != nil {
		return m, err
	}
	say("%s: drawing the reference, %s s", t.name, t.seconds())
	if _, err := output(ctx, argv...); err != nil {
		return m, fmt.Errorf("reference: %w", err)
	}
	if err := m.round(ctx, "warm-up", say); err != nil {
		return m, err
	}
	clear(m.runs)
	for i := range n {
		if err := m.round(ctx, fmt.Sprintf("round %d of %d", i+1, n), say); err != nil {
			return m, err
		}
	}
	return m, m.inspect(ctx, say)
}

// round runs each contender once.
func (m *measurement) round(ctx context.Context, label string, say progress) error {
	for _, c := range m.contenders {
		u, _, err := run(ctx, c.argv)
		if err != nil {
			return err
		}
		say("%s: %s: %-19s %6.2f s CPU %6.2f s wall %5.0f MB", m.task.name, label, c.title, u.cpu(), u.Wall, u.PeakMB)
		m.runs[c.name] = append(m.runs[c.name], u)
	}
	return nil
}

// inspect looks at what the last round wrote.
func (m *measurement) inspect(ctx context.Context, say progress) error {
	for _, c := range m.contenders {
		if c.output == "" {
			continue
		}
		say("%s: looking at the output of %s", m.task.name, c.title)
		o, err := m.task.inspect(ctx, c.output)
		if err != nil {
			return err
		}
		m.outcomes[c.name] = o
	}
	return nil
}

// prepare gathers what a scenario needs. Its folder is made below dir; clips come
// from the folder inputs, or if that is empty are made in the user's cache folder.
func prepare(ctx context.Context, s scenario, t tools, inputs, dir string, limit time.Duration, say progress) (task, error) {
	paths, err := clipPaths(ctx, s, t, inputs, say)
	if err != nil {
		return task{}, err
	}
	ready := task{scenario: s, tools: t, dir: filepath.Join(dir, s.name)}
	for _, path := range paths {
		c, err := probeClip(ctx, t, path)
		if err != nil {
			return task{}, err
		}
		ready.clips = append(ready.clips, c)
	}
	ready.duration = commonDuration(ready.clips, limit)
	return ready, os.MkdirAll(ready.dir, 0o755)
}

func clipPaths(ctx context.Context, s scenario, t tools, inputs string, say progress) ([]string, error) {
	if inputs != "" {
		return clipsIn(inputs, s.clips, s.participants)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return makeClips(ctx, t, filepath.Join(cache, "lianmai", "bench"), s.clips, s.participants, say)
}
