package dev.zerohop.etcd.service;

import static java.util.Objects.requireNonNull;

import com.google.common.net.HostAndPort;
import com.google.protobuf.ByteString;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.StatusText;
import dev.zerohop.etcd.directory.DirectoryEntries;
import dev.zerohop.etcd.golb.GolbView;
import dev.zerohop.etcd.orchestrator.OrchestratorValues;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.resolver.EndpointJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The values of etcd, each by its own reader: what golb writes, what servers, operators and orchestrators write. */
public final class EtcdValuesFuzz {
    private static final List<String> KINDS = List.of(
            "golb",
            "endpoint",
            "verdict",
            "weights",
            "shards",
            "config",
            "directory",
            "alias",
            "assignment",
            "observation");

    private static final ClientId CLIENT = new ClientId("client-1");
    private static final Aliases ALIASES =
            Aliases.of(ClientSource.shared(List.of(HostAndPort.fromParts("127.0.0.1", 2379)), Env.system()), "orders");

    private EtcdValuesFuzz() {}

    /** A kind on the first line, and the value behind it. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Input input = Input.of(data);
        byte[] value = input.rest().bytes();
        switch (input.word(KINDS)) {
            case "golb" -> golb(value);
            case "endpoint" -> shown(read(value, utf8 -> EndpointJson.parse("orders-0", utf8)));
            case "verdict" -> verdict(value);
            case "weights" -> weights(value);
            case "shards" -> shown(read(value, ShardsValue::numbered));
            case "config" -> config(value);
            case "directory" -> read(value, DirectoryEntries::parse);
            case "alias" -> read(value, ALIASES::parse);
            case "assignment" -> read(value, OrchestratorValues::assignment);
            default -> read(value, OrchestratorValues::observation);
        }
    }

    /** As every value of a key is read; what is refused is written into the status key, and said. */
    private static <T> @Nullable T read(byte[] value, LastGood.Parser<T> parser) {
        List<RejectedValue> rejections = new ArrayList<>();
        T read = new LastGood<>(parser).read(new KeyStore.Entry("a/key", ByteString.copyFrom(value), 7), rejections);
        for (RejectedValue refused : rejections) {
            Said.shown(refused.text());
            if (refused.reason().isBlank() || refused.reason().equals("null")) {
                throw new AssertionError("refused without a word");
            }
            String status = StatusText.of(CLIENT, refused);
            if (status.length() > 6 * 16_000) {
                throw new AssertionError("the status has " + status.length() + " characters");
            }
        }
        return read;
    }

    private static void shown(@Nullable Object read) {
        Said.shown(read == null ? null : read.toString());
    }

    private static void golb(byte[] value) {
        List<Endpoint> endpoints = read(value, GolbView::parse);
        if (endpoints == null) {
            return;
        }
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get(i);
            Said.shown(endpoint.toString());
            Said.same(String.valueOf(i), endpoint.attributes().get(Endpoint.ORDER), endpoint.toString());
        }
    }

    private static void verdict(byte[] value) throws IOException {
        HealthVerdict read = read(value, HealthVerdict::parse);
        if (read != null) {
            OrchestratorValues.readAgain(read, read.toJson(), HealthVerdict::parse);
            HealthSource.Verdict verdict = read.toVerdict();
            Said.shown(verdict.reason());
        }
    }

    private static void weights(byte[] value) {
        Weights read = read(value, Weights::parse);
        if (read != null) {
            Said.shown(read.over(Endpoint.of("10.0.0.1", 80)).toString());
        }
    }

    private static void config(byte[] value) {
        SourceConfiguration chosen = read(value, utf8 -> LiveConfiguration.choose(utf8, "orders", CLIENT));
        if (chosen != null) {
            var ignored = Configurations.parse(requireNonNull(chosen.text()));
        }
    }
}
