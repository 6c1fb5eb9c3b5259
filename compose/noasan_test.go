//go:build !asan

package compose

// addressSanitizer says that the tests run under -asan, which makes calls into C allocate.
const addressSanitizer = false
