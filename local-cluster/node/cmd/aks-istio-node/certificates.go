package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity is long for a cluster that lives for hours; a node is never restarted with old certificates.
const validity = 365 * 24 * time.Hour

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem         []byte
}

type identity struct {
	file          string // name of the .crt and .key files
	user          string
	organizations []string
	names         []string // DNS names and addresses for a server
	server        bool
}

// makeCertificates fills folder (0700) with a new authority and one key pair for each part of the node.
func makeCertificates(settings Settings, folder string) (*authority, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	ca, err := newAuthority(settings.Name, folder)
	if err != nil {
		return nil, err
	}
	address := bare(settings.NodeAddress)
	identities := []identity{
		{file: "apiserver", user: "kube-apiserver", server: true, names: []string{
			address, settings.APIAddress, "127.0.0.1", "localhost", settings.Name,
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}},
		{file: "etcd", user: "etcd", server: true, names: []string{"127.0.0.1", "localhost"}},
		{file: "kubelet-server", user: "system:node:" + settings.Name, server: true, names: []string{address, settings.Name}},
		{file: "etcd-client", user: "kube-apiserver"},
		{file: "kubelet-client", user: "kube-apiserver", organizations: []string{"system:masters"}},
		{file: "admin", user: "kubernetes-admin", organizations: []string{"system:masters"}},
		{file: "controller-manager", user: "system:kube-controller-manager"},
		{file: "scheduler", user: "system:kube-scheduler"},
		{file: "kubelet", user: "system:node:" + settings.Name, organizations: []string{"system:nodes"}},
		{file: "proxy", user: "system:kube-proxy"},
	}
	for number, wanted := range identities {
		if err := ca.issue(folder, wanted, int64(number)+2); err != nil {
			return nil, fmt.Errorf("certificate %s: %w", wanted.file, err)
		}
	}
	return ca, writeServiceAccountKey(folder)
}

func newAuthority(name, folder string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name + "-authority"},
		NotBefore:             time.Now().Add(-5 * time.Minute),
		NotAfter:              time.Now().Add(validity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := writeFile(filepath.Join(folder, "ca.crt"), encoded, 0o644); err != nil {
		return nil, err
	}
	return &authority{certificate, key, encoded}, writeKey(filepath.Join(folder, "ca.key"), key)
}

func (ca *authority) issue(folder string, wanted identity, serial int64) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: wanted.user, Organization: wanted.organizations},
		NotBefore:    time.Now().Add(-5 * time.Minute),
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if wanted.server {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, name := range wanted.names {
		if address := net.ParseIP(name); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := writeFile(filepath.Join(folder, wanted.file+".crt"), encoded, 0o644); err != nil {
		return err
	}
	return writeKey(filepath.Join(folder, wanted.file+".key"), key)
}

func writeServiceAccountKey(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	if err := writeFile(filepath.Join(folder, "service-account.pub"), encoded, 0o644); err != nil {
		return err
	}
	return writeKey(filepath.Join(folder, "service-account.key"), key)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}
