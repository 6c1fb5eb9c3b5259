package main

import (
	"context"
	"fmt"
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

// measureTask runs the contenders in turn, n times after a round that does not count if
// warmUp says so, and looks at what they wrote.
func measureTask(ctx context.Context, t task, contenders []contender, n int, warmUp bool, say progress) (measurement, error) {
	m := measurement{task: t, contenders: contenders, runs: map[string][]usage{}, outcomes: map[string]outcome{}}
	argv, err := t.referenceArgs()
	if err != nil {
		return m, err
	}
	say("%s: drawing the reference, %s s", t.name, t.seconds())
	if _, err := output(ctx, argv...); err != nil {
		return m, fmt.Errorf("reference: %w", err)
	}
	if warmUp {
		if err := m.round(ctx, "warm-up", say); err != nil {
			return m, err
		}
		clear(m.runs)
	}
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
		say("%s: %s: %-22s %6.2f s CPU %6.2f s wall %5.0f MB", m.task.name, label, c.title, u.cpu(), u.Wall, u.PeakMB)
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
