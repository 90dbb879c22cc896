package dev.zerohop.cli;

import dev.zerohop.Target;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Servers on ports of the loopback address, and one file for each transport as the source of endpoints. */
final class FileWorld extends DemoWorld {
    private static final String HOST = "127.0.0.1";

    private final Path directory;

    FileWorld(Opening opening) {
        super(opening);
        try {
            this.directory = Files.createTempDirectory("zerohop-demo");
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** Starts a server on ports of its own; a server of the same id must have been stopped. */
    EchoServer startServer(String id) {
        return startServer(id, HOST, 0, 0);
    }

    /** Starts {@code orders-0} to {@code orders-<size - 1>} and publishes them with weight 1 and their ordinals. */
    List<EchoServer> cluster(int size) {
        List<EchoServer> started = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            started.add(startServer("orders-" + i));
        }
        publish(started, 1);
        return started;
    }

    /** Makes the source list these servers, in the order of their ordinals; missing {@code weights} are 1. */
    void publish(List<EchoServer> members, int... weights) {
        write("grpc", members, null, weights);
        write("http", members, null, weights);
    }

    /** Makes the source list all of these servers, one of them as draining. */
    void announceLeave(List<EchoServer> members, EchoServer leaving) {
        write("grpc", members, leaving);
        write("http", members, leaving);
    }

    private void write(String transport, List<EchoServer> members, @Nullable EchoServer leaving, int... weights) {
        String text = JsonWriter.object(json -> {
            json.writeArrayFieldStart("endpoints");
            for (int i = 0; i < members.size(); i++) {
                EchoServer server = members.get(i);
                json.writeStartObject();
                json.writeStringField("id", server.id());
                json.writeStringField("host", HOST);
                json.writeNumberField("port", transport.equals("grpc") ? server.grpcPort() : server.httpPort());
                json.writeNumberField("weight", i < weights.length ? weights[i] : 1);
                json.writeNumberField("ordinal", i);
                json.writeBooleanField("draining", server == leaving);
                json.writeEndObject();
            }
            json.writeEndArray();
        });
        try {
            Path next = Files.writeString(directory.resolve(transport + ".next"), text);
            Files.move(next, file(transport), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** Removes the source of endpoints. */
    void loseSource() {
        try {
            Files.delete(file("grpc"));
            Files.delete(file("http"));
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private Path file(String transport) {
        return directory.resolve(transport + ".json");
    }

    /** The target that names the source for one transport. */
    @Override
    protected Target target(String transport) {
        return Target.parse(file(transport).toUri().toString());
    }

    @Override
    public void close() {
        super.close();
        try (Stream<Path> left = Files.walk(directory)) {
            for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException left) {
            // A temporary directory that is left over does no harm.
        }
    }
}
