// Adds the header x-module to every answer, with the text that the plugin is configured with.
package main

import "unsafe"

const (
	responseHeaders = 2 // kind of header map
	pluginConfig    = 7 // kind of buffer
)

var (
	name  = []byte("x-module")
	value []byte
	kept  = map[uintptr][]byte{} // what the host was given, so that it is not collected
)

//go:wasmimport env proxy_add_header_map_value
func addHeader(kind uint32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, valueSize uint32) uint32

//go:wasmimport env proxy_get_buffer_bytes
func getBuffer(kind, start, size uint32, data unsafe.Pointer, dataSize unsafe.Pointer) uint32

//go:wasmexport proxy_abi_version_0_2_1
func abiVersion() {}

//go:wasmexport proxy_on_memory_allocate
func allocate(size uint32) unsafe.Pointer {
	block := make([]byte, size)
	address := unsafe.Pointer(&block[0])
	kept[uintptr(address)] = block
	return address
}

//go:wasmexport proxy_on_configure
func onConfigure(_ uint32, size uint32) uint32 {
	if size > 0 {
		var data, length uint32
		if getBuffer(pluginConfig, 0, size, unsafe.Pointer(&data), unsafe.Pointer(&length)) != 0 {
			return 0
		}
		value = kept[uintptr(data)][:length]
	}
	return 1
}

//go:wasmexport proxy_on_context_create
func onCreate(_ uint32, _ uint32) {}

//go:wasmexport proxy_on_response_headers
func onResponseHeaders(_ uint32, _ uint32, _ uint32) uint32 {
	if len(value) > 0 {
		addHeader(responseHeaders, unsafe.Pointer(&name[0]), uint32(len(name)), unsafe.Pointer(&value[0]), uint32(len(value)))
	}
	return 0
}

func main() {}
