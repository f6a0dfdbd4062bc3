// Command aks-istio-images packs container images into one archive that containerd imports.
//
//	aks-istio-images PLAN.json ARCHIVE.tar
//
// A layer is written once however many images use it. The archive is the same, byte for byte, for the same files:
// times are zero and entries are sorted.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
)

// Plan names the layers and the images made of them.
type Plan struct {
	Layers map[string][]Source `json:"layers"`
	Images []Image             `json:"images"`
}

// Source is a file or a folder of the host that goes into a layer.
type Source struct {
	From    string   `json:"from"`    // absolute path
	To      string   `json:"to"`      // path in the image without a leading slash; "" for its root
	Exclude []string `json:"exclude"` // paths below From, or patterns of them, that are left out with all they hold
	Mode    int64    `json:"mode"`    // permissions for a single file; 0 keeps its own
}

// Image is one image: the same bytes under each of its names.
type Image struct {
	Names  []string        `json:"names"`
	Layers []string        `json:"layers"`
	Config json.RawMessage `json:"config"` // the OCI run configuration: Entrypoint, Cmd, Env, User, WorkingDir
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: aks-istio-images PLAN.json ARCHIVE.tar")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func pack(planPath, target string) error {
	content, err := os.ReadFile(planPath)
	if err != nil {
		return err
	}
	var plan Plan
	if err := json.Unmarshal(content, &plan); err != nil {
		return err
	}
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := &archive{Writer: tar.NewWriter(file), folder: filepath.Dir(target), written: map[string]bool{}}
	if err := archive.small("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	layers := map[string]descriptor{}
	var names []string
	for name := range plan.Layers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if layers[name], err = archive.layer(plan.Layers[name]); err != nil {
			return fmt.Errorf("layer %s: %w", name, err)
		}
		fmt.Printf("layer %s: %d MB\n", name, layers[name].Size>>20)
	}
	var index []descriptor
	for _, image := range plan.Images {
		manifest, err := archive.image(image, layers)
		if err != nil {
			return fmt.Errorf("image %s: %w", image.Names[0], err)
		}
		for _, name := range image.Names {
			entry := manifest
			entry.Annotations = map[string]string{"io.containerd.image.name": name}
			index = append(index, entry)
		}
	}
	top, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": index})
	if err != nil {
		return err
	}
	if err := archive.small("index.json", top); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return file.Close()
}

// archive is the OCI layout being written.
type archive struct {
	*tar.Writer
	folder  string
	written map[string]bool
}

func (a *archive) small(name string, content []byte) error {
	if a.written[name] {
		return nil
	}
	a.written[name] = true
	if err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := a.Write(content)
	return err
}

func (a *archive) blob(mediaType string, value any) (descriptor, error) {
	content, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: int64(len(content))}, a.small("blobs/sha256/"+digest, content)
}

// layer packs the sources into a file beside the archive first: its name in the archive is its digest.
func (a *archive) layer(sources []Source) (descriptor, error) {
	file, err := os.CreateTemp(a.folder, "layer-")
	if err != nil {
		return descriptor{}, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	hash := sha256.New()
	if err := packLayer(io.MultiWriter(file, hash), sources); err != nil {
		return descriptor{}, err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return descriptor{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return descriptor{}, err
	}
	digest := hex.EncodeToString(hash.Sum(nil))
	result := descriptor{MediaType: "application/vnd.oci.image.layer.v1.tar", Digest: "sha256:" + digest, Size: size}
	if a.written[digest] {
		return result, nil
	}
	a.written[digest] = true
	if err := a.WriteHeader(&tar.Header{Name: "blobs/sha256/" + digest, Mode: 0o644, Size: size}); err != nil {
		return descriptor{}, err
	}
	_, err = io.Copy(a, file)
	return result, err
}

func (a *archive) image(image Image, layers map[string]descriptor) (descriptor, error) {
	digests := []string{}
	parts := []descriptor{}
	for _, name := range image.Layers {
		layer, known := layers[name]
		if !known {
			return descriptor{}, fmt.Errorf("no layer %q", name)
		}
		digests = append(digests, layer.Digest)
		parts = append(parts, layer)
	}
	config, err := a.blob("application/vnd.oci.image.config.v1+json", map[string]any{
		"architecture": "amd64", "os": "linux", "config": image.Config,
		"rootfs": map[string]any{"type": "layers", "diff_ids": digests},
	})
	if err != nil {
		return descriptor{}, err
	}
	return a.blob("application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": parts,
	})
}
