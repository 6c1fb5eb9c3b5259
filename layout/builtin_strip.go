package layout

// pk sets two hosts against each other in equal halves; guests sit in a row
// below them, a quarter of the canvas high.
func pk() Template {
	// On a portrait canvas the guests share the width; one alone keeps to the middle
	// half. On a landscape canvas each keeps the shape of the canvas.
	return builtin(
		"pk",
		"two hosts in equal halves side by side; guests in a row below them",
		MaxBuiltin,
		named(upTo(MaxBuiltin, func(n int) Layout { return duel(n, min(1/float64(max(n-2, 1)), 1.0/2)) })),
		named(upTo(MaxBuiltin, func(n int) Layout { return duel(n, 1.0/4) })))
}

// duel returns two halves and n-2 guests below, each a share of the width wide.
func duel(n int, share float64) Layout {
	if n <= 2 {
		return Layout{Slots: row(h(0), h(1), n)}
	}
	return Layout{Slots: join(row(h(0), h(3.0/4), 2), centred(h(3.0/4), h(1.0/4), share, n-2))}
}

// strip shows the main speaker large and the others in a strip: below on a portrait
// canvas, at the right on a landscape one. The strip gets narrower as it fills, so
// that its pictures keep a shape near that of the canvas.
func strip() Template {
	widths := []float64{0, 1.0 / 3, 1.0 / 4, 1.0 / 4, 1.0 / 4, 1.0 / 5} // by head count, from 1
	return builtin(
		"strip",
		"the main speaker large, the others in a strip: below on portrait, at the right on landscape",
		MaxBuiltin,
		named(upTo(MaxBuiltin, func(n int) Layout {
			strip, rest := widths[n-1], 1-widths[n-1]
			return Layout{Slots: join(slots(slot(w(0), h(0), w(1), h(rest)).main()), row(h(rest), h(strip), n-1))}
		})),
		named(upTo(MaxBuiltin, func(n int) Layout {
			strip, rest := widths[n-1], 1-widths[n-1]
			return Layout{Slots: join(slots(slot(w(0), h(0), w(rest), h(1)).main()), column(w(rest), w(strip), n-1))}
		})))
}
