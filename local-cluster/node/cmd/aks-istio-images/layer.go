package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// packLayer writes one layer. Parent folders that no source holds are made with mode 0755.
func packLayer(target io.Writer, sources []Source) error {
	layer := &layerWriter{Writer: tar.NewWriter(target), folders: map[string]bool{}}
	for _, source := range sources {
		info, err := os.Lstat(source.From)
		if err != nil {
			return err
		}
		if err := layer.parents(source.To); err != nil {
			return err
		}
		if info.IsDir() {
			err = layer.tree(source)
		} else {
			err = layer.entry(source.From, source.To, info, source.Mode)
		}
		if err != nil {
			return err
		}
	}
	return layer.Close()
}

type layerWriter struct {
	*tar.Writer
	folders map[string]bool
	links   map[uint64]string // first name of each file with several names, within one source
}

func (l *layerWriter) parents(name string) error {
	folder := filepath.Dir(name)
	if folder == "." || l.folders[folder] {
		return nil
	}
	if err := l.parents(folder); err != nil {
		return err
	}
	l.folders[folder] = true
	return l.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755, ModTime: time.Unix(0, 0)})
}

func (l *layerWriter) tree(source Source) error {
	l.links = map[uint64]string{}
	return filepath.Walk(source.From, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(source.From, path)
		if err != nil {
			return err
		}
		for _, pattern := range source.Exclude {
			if matches, err := filepath.Match(pattern, below); err != nil {
				return fmt.Errorf("%q: %w", pattern, err)
			} else if !matches {
				continue
			}
			if info.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		name := filepath.Join(source.To, below)
		if name == "." || (info.IsDir() && l.folders[name]) {
			return nil
		}
		return l.entry(path, name, info, 0)
	})
}

func (l *layerWriter) entry(path, name string, info os.FileInfo, mode int64) error {
	link := ""
	var err error
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil // devices, sockets and pipes belong to no image
	}
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	header.Name = name
	header.ModTime = time.Unix(0, 0)
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	header.Uname, header.Gname = "", ""
	header.Format = tar.FormatPAX
	if mode != 0 {
		header.Mode, header.Uid, header.Gid = mode, 0, 0
	}
	if info.IsDir() {
		l.folders[name] = true
		header.Name += "/"
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() && stat.Nlink > 1 && l.links != nil {
		if first, seen := l.links[stat.Ino]; seen {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, strings.TrimPrefix(first, "/"), 0
			return l.WriteHeader(header)
		}
		l.links[stat.Ino] = name
	}
	if err := l.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(l, file)
	return err
}
