module aks-istio.local/wasm

go 1.25.0
