package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is what a Store should be, in memory.
type model map[Kind]map[string]*modelName

type modelName struct {
	last     int
	versions map[int]modelVersion
}

type modelVersion struct{ data, note []byte }

// name returns a name that may have no versions.
func (m model) name(kind Kind, name string) *modelName {
	if m[kind] == nil {
		m[kind] = map[string]*modelName{}
	}
	if m[kind][name] == nil {
		m[kind][name] = &modelName{versions: map[int]modelVersion{}}
	}
	return m[kind][name]
}

// numbers returns the numbers of the versions, sorted.
func (n *modelName) numbers() []int { return slices.Sorted(maps.Keys(n.versions)) }

func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(t.Context(), Config{Dir: t.TempDir(), MaxVersions: 5})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		m := model{}
		// Few names that look alike, so that their operations meet.
		kinds := rapid.SampledFrom([]Kind{Template, Picture})
		names := rapid.SampledFrom([]string{"a", "a.b", "a_b", "A", "a-b."})
		version := rapid.IntRange(0, 7)
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				kind, name := kinds.Draw(rt, "kind"), names.Draw(rt, "name")
				size := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 20), rapid.IntRange(chunkSize-1, chunkSize+1)).Draw(rt, "size")
				note := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "note")
				modelPut(rt, s, m.name(kind, name), kind, name, text(fmt.Sprint(m.name(kind, name).last), size), note)
			},
			"get": func(rt *rapid.T) {
				kind, name, n := kinds.Draw(rt, "kind"), names.Draw(rt, "name"), version.Draw(rt, "version")
				modelGet(rt, s, m.name(kind, name), kind, name, n)
			},
			"delete": func(rt *rapid.T) {
				kind, name, n := kinds.Draw(rt, "kind"), names.Draw(rt, "name"), version.Draw(rt, "version")
				modelDelete(rt, s, m.name(kind, name), kind, name, n)
			},
			"list": func(rt *rapid.T) { modelList(rt, s, m, kinds.Draw(rt, "kind")) },
			"reopen": func(rt *rapid.T) {
				if rapid.IntRange(0, 3).Draw(rt, "rarely") != 0 { // it takes the most time
					rt.SkipNow()
				}
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				if s, err = Open(t.Context(), s.cfg); err != nil {
					rt.Fatal(err)
				}
			},
		})
	})
}

func modelPut(rt *rapid.T, s *Store, n *modelName, kind Kind, name string, data, note []byte) {
	v, err := s.Put(rt.Context(), kind, name, data, note)
	if len(n.versions) == 5 {
		if !errors.Is(err, ErrTooMany) {
			rt.Fatalf("a sixth version: %v", err)
		}
		return
	}
	n.last++
	n.versions[n.last] = modelVersion{data, note}
	if err != nil || v.Version != n.last {
		rt.Fatalf("Put returns version %d, %v; want %d", v.Version, err, n.last)
	}
}

func modelGet(rt *rapid.T, s *Store, n *modelName, kind Kind, name string, version int) {
	data, v, err := s.Get(rt.Context(), kind, name, version)
	if numbers := n.numbers(); version == 0 && len(numbers) > 0 {
		version = numbers[len(numbers)-1]
	}
	want, ok := n.versions[version]
	if !ok {
		if !errors.Is(err, ErrNotFound) {
			rt.Fatalf("Get of none: %v", err)
		}
		return
	}
	if err != nil || v.Version != version || !bytes.Equal(data, want.data) || !bytes.Equal(v.Note, want.note) {
		rt.Fatalf("Get returns %d bytes, %+v, %v", len(data), v, err)
	}
}

func modelDelete(rt *rapid.T, s *Store, n *modelName, kind Kind, name string, version int) {
	err := s.Delete(rt.Context(), kind, name, version)
	_, ok := n.versions[version]
	if version == 0 {
		ok = len(n.versions) > 0
		clear(n.versions)
	}
	delete(n.versions, version)
	if ok && err != nil || !ok && !errors.Is(err, ErrNotFound) {
		rt.Fatalf("Delete of version %d, there: %v: %v", version, ok, err)
	}
}

func modelList(rt *rapid.T, s *Store, m model, kind Kind) {
	list, err := s.List(rt.Context(), kind, "")
	if err != nil {
		rt.Fatal(err)
	}
	var got, want []string
	for _, v := range list {
		got = append(got, fmt.Sprint(v.Name, v.Version))
	}
	for _, name := range slices.Sorted(maps.Keys(m[kind])) {
		numbers := m[kind][name].numbers()
		if len(numbers) == 0 {
			continue
		}
		want = append(want, fmt.Sprint(name, numbers[len(numbers)-1]))
		versions, err := s.List(rt.Context(), kind, name)
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.EqualFunc(versions, numbers, func(v Version, n int) bool { return v.Name == name && v.Version == n }) {
			rt.Fatalf("%s has %+v, want %v", name, versions, numbers)
		}
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("List returns %v, want %v", got, want)
	}
}
