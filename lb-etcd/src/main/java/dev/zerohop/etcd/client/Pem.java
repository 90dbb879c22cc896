package dev.zerohop.etcd.client;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Certificates and private keys in PEM, read with the JDK alone. No message contains any part of a key. */
final class Pem {
    private static final Pattern KEY = Pattern.compile(
            "-----BEGIN (?:(RSA|EC) )?PRIVATE KEY-----\\s*([A-Za-z0-9+/=\\s]+?)-----END (?:RSA |EC )?PRIVATE KEY-----");

    private static final char[] NO_PASSWORD = new char[0];

    private Pem() {}

    static TrustManager[] trustManagers(byte[] ca) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        int number = 0;
        for (Certificate certificate : certificates(ca)) {
            store.setCertificateEntry("ca-" + number++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    static KeyManager[] keyManagers(byte[] certificate, byte[] key) throws GeneralSecurityException, IOException {
        List<? extends Certificate> chain = certificates(certificate);
        PublicKey publicKey = chain.get(0).getPublicKey();
        PrivateKey privateKey = privateKey(key, publicKey);
        requirePair(privateKey, publicKey);
        KeyStore store = emptyStore();
        store.setKeyEntry("client", privateKey, NO_PASSWORD, chain.toArray(Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<? extends Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        var certificates = List.copyOf(
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)));
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException("it holds no certificate, expected at least one in PEM");
        }
        return certificates;
    }

    private static PrivateKey privateKey(byte[] pem, PublicKey pair) throws GeneralSecurityException, IOException {
        Matcher found = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new GeneralSecurityException("the key file holds no unencrypted private key, expected one in PEM");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(found.group(2));
            byte[] pkcs8 = found.group(1) == null ? der : pkcs8(der, pair);
            return KeyFactory.getInstance(pair.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException | IllegalArgumentException bad) {
            // Without the cause, which may quote the key.
            throw new GeneralSecurityException("the key file holds no readable " + pair.getAlgorithm()
                    + " key, as the certificate says (" + bad.getClass().getSimpleName() + ")");
        }
    }

    /** Wraps the older forms of a key, with the algorithm's identifier from the certificate. */
    private static byte[] pkcs8(byte[] key, PublicKey pair) throws IOException {
        byte[] subject = pair.getEncoded();
        int outer = headerLength(subject, 0);
        int algorithm = headerLength(subject, outer) + length(subject, outer);
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.write(new byte[] {0x02, 0x01, 0x00});
        inner.write(subject, outer, algorithm);
        inner.write(element(0x04, key));
        return element(0x30, inner.toByteArray());
    }

    private static byte[] element(int tag, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.write(content);
        return out.toByteArray();
    }

    private static int headerLength(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return first < 0x80 ? 2 : 2 + (first & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | (der[at + 2 + i] & 0xff);
        }
        return length;
    }

    /** The two files are not replaced atomically; a certificate and a key that do not match must not replace a working pair. */
    private static void requirePair(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
        String algorithm = switch (publicKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> publicKey.getAlgorithm();
        };
        byte[] text = "zerohop".getBytes(StandardCharsets.UTF_8);
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(text);
        byte[] signature = signing.sign();
        Signature verifying = Signature.getInstance(algorithm);
        verifying.initVerify(publicKey);
        verifying.update(text);
        if (!verifying.verify(signature)) {
            throw new GeneralSecurityException("the key does not belong to the certificate");
        }
    }
}
