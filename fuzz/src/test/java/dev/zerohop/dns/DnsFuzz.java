package dev.zerohop.dns;

import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.resolver.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** Messages of DNS servers, and the machine's files that say where they are and which names need none. */
public final class DnsFuzz {
    private static final List<String> KINDS = List.of("a", "aaaa", "srv", "resolv.conf", "hosts");
    private static final Name NAME = Name.fromConstantString("orders.example.");
    private static final Path FILE = file();

    private DnsFuzz() {}

    /** A kind on the first line, and the message or the file behind it. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Input input = Input.of(data);
        byte[] bytes = input.rest().bytes();
        switch (input.word(KINDS)) {
            case "a" -> message(bytes, Type.A);
            case "aaaa" -> message(bytes, Type.AAAA);
            case "srv" -> message(bytes, Type.SRV);
            case "resolv.conf" -> resolvConf(bytes);
            default -> hosts(bytes);
        }
    }

    private static void message(byte[] bytes, int type) {
        Message message;
        try {
            message = new Message(bytes);
        } catch (IOException | RuntimeException malformed) {
            // As it is said where answers are taken.
            return;
        }
        try {
            DnsAnswer answer = DnsAnswer.read(message, new Question(NAME, type), "127.0.0.1:53");
            if ((answer.kind() == DnsAnswer.Kind.RECORDS) == answer.records().isEmpty()) {
                throw new AssertionError(
                        answer.kind() + " with " + answer.records().size() + " records");
            }
        } catch (IOException refused) {
            Said.by(refused);
        }
    }

    private static void resolvConf(byte[] bytes) throws IOException {
        Files.write(FILE, bytes);
        SystemDns.Configuration configuration = new SystemDns(FILE, Path.of("/nowhere"), 53).configuration();
        if (configuration.servers().isEmpty()
                || configuration.candidates("orders").isEmpty()) {
            throw new AssertionError("nothing to ask: " + configuration);
        }
    }

    private static void hosts(byte[] bytes) throws IOException {
        Files.write(FILE, bytes);
        for (String address : new SystemDns(Path.of("/nowhere"), FILE, 53).hosts("orders")) {
            if (!HostPort.isLiteral(address)) {
                throw new AssertionError("an address of the hosts file is " + address);
            }
        }
    }

    private static Path file() {
        try {
            Path memory = Path.of("/dev/shm");
            Path file = Files.isWritable(memory)
                    ? Files.createTempFile(memory, "zerohop-fuzz", ".conf")
                    : Files.createTempFile("zerohop-fuzz", ".conf");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
