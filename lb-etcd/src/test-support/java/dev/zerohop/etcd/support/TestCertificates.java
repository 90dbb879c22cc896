package dev.zerohop.etcd.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** An authority that is made when a test needs it, so that no certificate lies about and expires. Writes PEM files. */
public final class TestCertificates {
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final byte[] ECDSA_WITH_SHA256 = hex("300A06082A8648CE3D040302");
    private static final byte[] COMMON_NAME = hex("0603550403");
    private static final byte[] BASIC_CONSTRAINTS_CA = hex("300F0603551D130101FF040530030101FF");
    private static final byte[] SUBJECT_ALTERNATIVE_NAME = hex("0603551D11");

    private final Path directory;
    private final String name;
    private final KeyPair keys = newKeys("EC", 256);

    /** A certificate and its key, in files. */
    public record Pair(Path certificate, Path key) {}

    /** An authority whose files go to {@code directory}. */
    public TestCertificates(Path directory, String name) {
        this.directory = directory;
        this.name = name;
    }

    /** The authority's own certificate. */
    public Path ca() {
        return write(name + ".pem", "CERTIFICATE", certificate(name, keys.getPublic(), valid(), BASIC_CONSTRAINTS_CA));
    }

    /** One for a server on loopback, or a client. */
    public Pair forLoopback(String commonName) {
        return issue(commonName, newKeys("EC", 256), valid(), "127.0.0.1");
    }

    /** One for a server of another name. */
    public Pair forName(String dnsName) {
        return issue(dnsName, newKeys("EC", 256), valid(), dnsName);
    }

    /** One that was for loopback until yesterday. */
    public Pair expired(String commonName) {
        Instant now = Instant.now();
        return issue(
                commonName,
                newKeys("EC", 256),
                List.of(now.minus(Duration.ofDays(9)), now.minus(Duration.ofDays(1))),
                "127.0.0.1");
    }

    /** One with an RSA key. */
    public Pair withRsa(String commonName) {
        return issue(commonName, newKeys("RSA", 2048), valid(), "127.0.0.1");
    }

    /** The same key in the form that carries its algorithm's name outside. */
    public Path inOlderForm(Pair files, String algorithm) throws IOException {
        byte[] der =
                Base64.getMimeDecoder().decode(Files.readString(files.key()).replaceAll("-----[A-Z ]+-----", ""));
        int at = 2 + lengthBytes(der, 0) + 3;
        at += 2 + lengthBytes(der, at) + length(der, at);
        byte[] inner = Arrays.copyOfRange(der, at + 2 + lengthBytes(der, at), der.length);
        return write("older-" + files.key().getFileName(), algorithm + " PRIVATE KEY", inner);
    }

    private Pair issue(String commonName, KeyPair subject, List<Instant> validity, String host) {
        byte[] names;
        if (Character.isDigit(host.charAt(0))) {
            try {
                names = element(0x87, InetAddress.getByName(host).getAddress());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        } else {
            names = element(0x82, host.getBytes(StandardCharsets.US_ASCII));
        }
        byte[] extension = element(0x30, SUBJECT_ALTERNATIVE_NAME, element(0x04, element(0x30, names)));
        String file = name + "-" + commonName;
        return new Pair(
                write(file + ".pem", "CERTIFICATE", certificate(commonName, subject.getPublic(), validity, extension)),
                write(file + "-key.pem", "PRIVATE KEY", subject.getPrivate().getEncoded()));
    }

    private byte[] certificate(String commonName, PublicKey key, List<Instant> validity, byte[] extension) {
        byte[] content = element(
                0x30,
                hex("A003020102"),
                element(
                        0x02,
                        new byte[] {1},
                        Long.toString(System.nanoTime(), 36).getBytes(StandardCharsets.US_ASCII)),
                ECDSA_WITH_SHA256,
                name(name),
                element(0x30, time(validity.get(0)), time(validity.get(1))),
                name(commonName),
                key.getEncoded(),
                element(0xA3, element(0x30, extension)));
        try {
            Signature signing = Signature.getInstance("SHA256withECDSA");
            signing.initSign(keys.getPrivate());
            signing.update(content);
            return element(0x30, content, ECDSA_WITH_SHA256, element(0x03, new byte[1], signing.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Instant> valid() {
        Instant now = Instant.now();
        return List.of(now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(1)));
    }

    private static byte[] name(String commonName) {
        byte[] text = element(0x0C, commonName.getBytes(StandardCharsets.UTF_8));
        return element(0x30, element(0x31, element(0x30, COMMON_NAME, text)));
    }

    private static byte[] time(Instant instant) {
        return element(0x17, UTC.format(instant).getBytes(StandardCharsets.US_ASCII));
    }

    private static KeyPair newKeys(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path write(String file, String type, byte[] der) {
        String pem = "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
        try {
            return Files.writeString(directory.resolve(file), pem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- DER ----

    private static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length >= 0x100) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length >= 0x80) {
            out.write(0x81);
        }
        out.write(length);
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    private static int lengthBytes(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return first < 0x80 ? 0 : first & 0x7f;
    }

    private static int length(byte[] der, int at) {
        int bytes = lengthBytes(der, at);
        int length = bytes == 0 ? der[at + 1] & 0xff : 0;
        for (int i = 0; i < bytes; i++) {
            length = length << 8 | (der[at + 2 + i] & 0xff);
        }
        return length;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
