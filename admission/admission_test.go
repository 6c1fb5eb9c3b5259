package admission

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

func six() Mix {
	return Mix{Inputs: make([]Input, 6), Width: 1280, Height: 720, Rate: 30, Preset: "balanced"}
}

func TestCostOfAKnownMix(t *testing.T) {
	// Six 720p30 cameras took 0.58 cores of the machine on which the coefficients were
	// measured; a model that is a third off is of no use.
	if c := six().Cost(); c.Cores < 0.55 || c.Cores > 0.8 {
		t.Errorf("six 720p30: %v", c)
	}
	unknown, named := six(), six()
	unknown.Preset, named.Preset = "", "balanced"
	if unknown.Cost() != named.Cost() {
		t.Error("no preset is not the default one")
	}
	unknown.Preset, named.Preset = "warp", "veryslow"
	if unknown.Cost() != named.Cost() {
		t.Error("an unknown preset is not the slowest")
	}
}

func drawMix(t *rapid.T) Mix {
	m := Mix{
		Width: rapid.IntRange(-2, 4096).Draw(t, "w"), Height: rapid.IntRange(-2, 4096).Draw(t, "h"),
		Rate:   rapid.Float64Range(-1, 120).Draw(t, "rate"),
		Preset: rapid.SampledFrom([]string{"", "economy", "balanced", "quality", "veryfast", "warp"}).Draw(t, "preset"),
		Music:  rapid.IntRange(-1, 8).Draw(t, "music"),
	}
	for range rapid.IntRange(0, 6).Draw(t, "inputs") {
		m.Inputs = append(m.Inputs, Input{
			Width: rapid.IntRange(0, 4096).Draw(t, "iw"), Height: rapid.IntRange(0, 4096).Draw(t, "ih"),
			Rate: rapid.Float64Range(0, 120).Draw(t, "irate"), HEVC: rapid.Bool().Draw(t, "hevc"),
		})
	}
	return m
}

func TestCostGrowsWithEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMix(t)
		cost := m.Cost()
		if !(cost.Cores > 0) || cost.Memory <= 0 {
			t.Fatalf("%+v costs %v", m, cost)
		}
		more := m
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			more.Inputs = append(more.Inputs[:len(more.Inputs):len(more.Inputs)], Input{})
		case 1:
			more.Music = max(more.Music, 0) + 1
		case 2:
			more.Width, more.Height = max(m.Width, 0)+2, max(m.Height, 0)+2
		case 3:
			more.Rate = max(m.Rate, 0) + 1
		}
		if got := more.Cost(); got.Cores < cost.Cores || got.Memory < cost.Memory {
			t.Fatalf("%+v costs %v, %+v costs %v", m, cost, more, got)
		}
	})
}

func TestAdmitRefusesWithTheNumbers(t *testing.T) {
	c := New(Capacity{Cores: 2, Memory: 8 << 30})
	n := 0
	var err error
	for ; err == nil; n++ {
		err = c.Admit(fmt.Sprint(n), six())
	}
	if n != 3 { // two fit into 1.7 cores
		t.Errorf("mix %d was refused first", n)
	}
	var short *Shortage
	if !errors.Is(err, ErrNoCapacity) || !errors.As(err, &short) {
		t.Fatalf("error %v", err)
	}
	inUse, capacity := c.Usage()
	if short.InUse != inUse || short.Capacity != capacity || short.Needed != six().Cost() {
		t.Errorf("%+v; in use %v of %v", short, inUse, capacity)
	}
	if !strings.Contains(err.Error(), "cores") || !strings.Contains(err.Error(), "MB") {
		t.Errorf("message %q", err)
	}
	c.Release("0")
	if err := c.Admit("late", six()); err != nil {
		t.Errorf("after a release: %v", err)
	}
}

func TestAdmitLooksAtMemoryToo(t *testing.T) {
	c := New(Capacity{Cores: 64, Memory: 400 << 20})
	if err := c.Admit("a", six()); err != nil {
		t.Fatal(err)
	}
	if err := c.Admit("b", six()); !errors.Is(err, ErrNoCapacity) {
		t.Errorf("error %v", err)
	}
}

// A running mix may always become smaller, and one that grows is checked.
func TestAdmitOfAMixThatRuns(t *testing.T) {
	c := New(Capacity{Cores: 1, Memory: 8 << 30})
	if err := c.Admit("a", six()); err != nil {
		t.Fatal(err)
	}
	larger := six()
	larger.Width, larger.Height = 1920, 1080
	before, _ := c.Usage()
	if err := c.Admit("a", larger); !errors.Is(err, ErrNoCapacity) {
		t.Errorf("error %v", err)
	}
	if after, _ := c.Usage(); after != before {
		t.Errorf("%v in use after a refusal, %v before", after, before)
	}
	c.Calibrate(4) // now it would not fit at all
	smaller := six()
	smaller.Inputs = smaller.Inputs[:2]
	if err := c.Admit("a", smaller); err != nil {
		t.Error(err)
	}
}

func TestControllerLearnsHowSlowTheMachineIs(t *testing.T) {
	c := New(Capacity{Cores: 16, Memory: 64 << 30})
	if err := c.Admit("a", six()); err != nil {
		t.Fatal(err)
	}
	cores := six().Cost().Cores * 2
	at := time.Unix(0, 0)
	for i := range 600 {
		now := time.Duration(i) * time.Second
		c.Observe("a", at.Add(now), time.Duration(float64(now)*cores), 300<<20)
	}
	if f := c.Factor(); f < 1.95 || f > 2.05 {
		t.Errorf("factor %v, want 2", f)
	}
	if inUse, _ := c.Usage(); inUse.Cores < 0.99*cores || inUse.Cores > 1.01*cores || inUse.Memory != 300<<20 {
		t.Errorf("%v in use, want %v cores", inUse, cores)
	}
	// The process is another one after a crash: its CPU time begins anew.
	c.Observe("a", at.Add(601*time.Second), time.Second, 300<<20)
	if f := c.Factor(); f < 1.95 || f > 2.05 {
		t.Errorf("factor %v after a restart", f)
	}
}

// A mix whose guests are hidden is still counted with half of what was expected.
func TestAQuietMixKeepsHalfItsPlace(t *testing.T) {
	c := New(Capacity{Cores: 16, Memory: 64 << 30})
	_ = c.Admit("busy", six())
	_ = c.Admit("quiet", six())
	at, cores := time.Unix(0, 0), six().Cost().Cores
	for i := range 40 {
		now := time.Duration(i) * time.Second
		c.Observe("busy", at.Add(now), time.Duration(float64(now)*cores*1.9), 1)
		c.Observe("quiet", at.Add(now), time.Duration(float64(now)*cores*0.1), 1)
	}
	c.Release("busy")
	if inUse, _ := c.Usage(); inUse.Cores < 0.4*cores {
		t.Errorf("%v in use, want at least half of %v", inUse, cores)
	}
}

// Whatever is admitted, released and measured: what is admitted fits, and it all comes
// back at the end.
func TestControllerKeepsItsBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(Capacity{Cores: rapid.Float64Range(0, 8).Draw(t, "cores"), Memory: rapid.Int64Range(0, 8<<30).Draw(t, "memory")})
		id := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		known := map[string]bool{}
		at := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			who := id.Draw(t, "id")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				m := drawMix(t)
				before, capacity := c.Usage()
				err := c.Admit(who, m)
				after, _ := c.Usage()
				switch {
				case err != nil && after != before && !nearly(after, before):
					t.Fatalf("refused, and %v became %v", before, after)
				case err == nil && !known[who] && (after.Cores > capacity.Cores*(1+1e-9) || after.Memory > capacity.Memory):
					t.Fatalf("%v of %v in use", after, capacity)
				}
				known[who] = known[who] || err == nil
			case 1:
				c.Release(who)
				delete(known, who)
			case 2:
				at = at.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "s")) * time.Second)
				c.Observe(who, at, time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "cpu")), rapid.Int64Range(-1, 1<<32).Draw(t, "mem"))
			}
			if f := c.Factor(); !(f >= fastestMachine && f <= slowestMachine) {
				t.Fatalf("factor %v", f)
			}
		}
		for who := range known {
			c.Release(who)
		}
		if inUse, _ := c.Usage(); inUse != (Cost{}) {
			t.Fatalf("%v in use by nobody", inUse)
		}
	})
}

// nearly compares sums that were added up in another order.
func nearly(a, b Cost) bool {
	return a.Memory == b.Memory && a.Cores-b.Cores < 1e-9 && b.Cores-a.Cores < 1e-9
}

func TestMachineRespectsControlGroups(t *testing.T) {
	const meminfo = "MemTotal:       16777216 kB\nMemFree: 1 kB\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  Capacity
	}{
		{"none", nil, Capacity{8, 16 << 30}},
		{"no limits", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n",
		}, Capacity{8, 16 << 30}},
		{"a container", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, Capacity{1.5, 1 << 30}},
		{"a unit and its slice", map[string]string{
			"proc/self/cgroup":                                      "0::/system.slice/lianmai.service\n",
			"sys/fs/cgroup/system.slice/cpu.max":                    "200000 100000\n",
			"sys/fs/cgroup/system.slice/memory.max":                 "max\n",
			"sys/fs/cgroup/system.slice/lianmai.service/cpu.max":    "400000 100000\n",
			"sys/fs/cgroup/system.slice/lianmai.service/memory.max": "2147483648\n",
		}, Capacity{2, 2 << 30}},
		{"version 1", map[string]string{
			"proc/self/cgroup": "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n",
			"sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us":         "300000\n",
			"sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us":        "100000\n",
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "3221225472\n",
		}, Capacity{3, 3 << 30}},
		{"version 1 without limits", map[string]string{
			"proc/self/cgroup":                           "4:memory:/\n3:cpu:/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":         "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":        "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, Capacity{8, 16 << 30}},
		{"nonsense", map[string]string{
			"proc/self/cgroup": "::::\n0::../../..\nx\n", "sys/fs/cgroup/cpu.max": "0 0\n", "sys/fs/cgroup/memory.max": "-5\n",
		}, Capacity{8, 16 << 30}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{"proc/meminfo": {Data: []byte(meminfo)}}
			for name, text := range tt.files {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := machine(files, 8)
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	if _, err := machine(fstest.MapFS{}, 8); !errors.Is(err, ErrMachine) {
		t.Errorf("without /proc: %v", err)
	}
}
