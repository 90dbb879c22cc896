package dev.zerohop.etcd.service;

import com.google.common.net.HostAndPort;
import com.google.protobuf.ByteString;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.orchestrator.OrchestratorValues;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.watch.Reflector;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that etcd holds of a service, names of keys included, read together as a resolver and an orchestrator read it, once and again after it has changed. */
public final class EtcdViewsFuzz {
    private static final String ROOT = "zerohop/v1/";
    private static final ServiceKeys KEYS = new ServiceKeys("orders");
    private static final Aliases ALIASES =
            Aliases.of(ClientSource.shared(List.of(HostAndPort.fromParts("127.0.0.1", 2379)), Env.system()), "orders");

    private EtcdViewsFuzz() {}

    /** For each key a line with its name and one with its value; the keys of the second state follow an empty line. */
    public static void fuzzerTestOneInput(byte[] data) {
        ServiceView service = new ServiceView(KEYS, new ClientId("client-1"), ALIASES);
        HealthView health = new HealthView(KEYS);
        OrchestratorValues orchestrator = new OrchestratorValues(KEYS);
        long revision = 1;
        for (String state : Input.of(data).text().split("\n\n", 2)) {
            TreeMap<String, KeyStore.Entry> entries = entries(state, revision);
            revision += 1_000;
            List<RejectedValue> refused = new ArrayList<>();
            View.Content content = service.read(entries);
            content.endpoints().forEach(endpoint -> Said.shown(endpoint.toString()));
            refused.addAll(content.rejections());
            Reflector.State<KeyStore.Entry, KeyStore.Version> known = state(revision, entries);
            orchestrator.read(known, refused);
            refused.forEach(each -> Said.shown(each.text()));
            Map<String, KeyStore.Entry> judged = new TreeMap<>(entries);
            judged.keySet().removeIf(key -> !key.startsWith(KEYS.health()));
            List<String> disbelieved = new ArrayList<>();
            var ignored = health.read(state(revision, judged), revision, disbelieved);
            disbelieved.forEach(Said::shown);
            health.live(revision).values().forEach(verdict -> Said.shown(verdict.reason()));
        }
    }

    private static Reflector.State<KeyStore.Entry, KeyStore.Version> state(
            long revision, Map<String, KeyStore.Entry> entries) {
        return new Reflector.State<>(new KeyStore.Version(1, 1, revision), entries, Instant.EPOCH, 1);
    }

    private static TreeMap<String, KeyStore.Entry> entries(String state, long from) {
        TreeMap<String, KeyStore.Entry> entries = new TreeMap<>();
        String[] lines = state.split("\n", -1);
        for (int i = 0; i + 1 < lines.length; i += 2) {
            String key = ROOT + lines[i];
            entries.put(
                    key, new KeyStore.Entry(key, ByteString.copyFrom(lines[i + 1], StandardCharsets.UTF_8), from + i));
        }
        return entries;
    }
}
