package encode

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// dictionary returns FFmpeg's options of these names and values. The caller frees it.
// Error: ErrConfig.
func dictionary(pairs [][2]string) (*astiav.Dictionary, error) {
	options := astiav.NewDictionary()
	for _, o := range pairs {
		if err := options.Set(o[0], o[1], 0); err != nil {
			options.Free()
			return nil, fmt.Errorf("%w: %s=%s: %w", ErrConfig, o[0], o[1], err)
		}
	}
	return options, nil
}
