package audio

import (
	"fmt"
	"testing"
)

func TestThreeInTurn(t *testing.T) {
	rooms := map[string]func(s *scene){
		"silence": func(*scene) {},
		"hiss": func(s *scene) {
			for i := range s.tracks {
				s.add(i, 0, hiss(90, -55, uint64(i)))
			}
		},
		"fan": func(s *scene) {
			for i := range s.tracks {
				s.add(i, 0, fan(90, -45, uint64(i)))
			}
		},
		"telephone": func(s *scene) {
			for i := range s.tracks {
				s.tracks[i] = phone(s.tracks[i])
				s.add(i, 0, hiss(90, -60, uint64(i)))
			}
		},
		"loudspeakers": func(s *scene) { // each hears the others, 25 dB down
			var heard [][]float32
			for i := range s.tracks {
				heard = append(heard, append([]float32(nil), s.tracks[i]...))
			}
			for i := range s.tracks {
				for k := range heard {
					if k != i {
						for j, v := range heard[k] {
							s.tracks[i][j] += v * 0.056
						}
					}
				}
				s.add(i, 0, hiss(90, -60, uint64(i)))
			}
		},
	}
	for name, room := range rooms {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				s := newScene(3, 90)
				s.inTurn(voices(seed, -22, -25, -20), 1, 2.5, 7)
				room(s)
				s.judge(s.play(nil)).mustPass(t)
			})
		}
	}
}

func TestLevelsOfPeopleDiffer(t *testing.T) {
	s := newScene(3, 90)
	s.inTurn(voices(9, -12, -32, -22), 1, 2.5, 6)
	for i := range s.tracks {
		s.add(i, 0, hiss(90, -58, uint64(i)))
	}
	s.judge(s.play(nil)).mustPass(t)
}
