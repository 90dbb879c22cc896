package dev.zerohop.etcd.golb;

import com.google.common.net.HostAndPort;
import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.Addresses;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.service.View;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A function of golb: {@code golb/function/<zone>/<function>} has {@code {"ips": [...], "weights": [...]}}, always the whole set. */
public final class GolbView implements View {
    private static final int DEFAULT_PORT = 80;

    private final String key;
    private final LastGood<List<Endpoint>> endpoints = new LastGood<>(GolbView::parse);

    public GolbView(String zone, String function) {
        this.key = "golb/function/" + zone + "/" + function;
    }

    public List<KeyRange> followed() {
        return List.of(KeyRange.key(key));
    }

    @Override
    public Content read(Map<String, KeyStore.Entry> entries) {
        List<RejectedValue> rejections = new ArrayList<>();
        KeyStore.Entry entry = entries.get(key);
        List<Endpoint> known = endpoints.read(entry, rejections);
        // Without a key there are no endpoints; with a bad first value they are unknown.
        return new Content(entry == null ? List.of() : known, null, null, null, null, null, null, rejections);
    }

    public static List<Endpoint> parse(byte[] utf8) throws IOException {
        var given = new Object() {
            @Nullable
            List<HostAndPort> ips;

            @Nullable
            List<Integer> weights;
        };
        JsonReader.object(utf8, (in, name) -> {
            // In any case, as Go reads field names.
            switch (name.toLowerCase(Locale.ROOT)) {
                case "ips" -> given.ips = in.array(name, path -> address(in, path));
                case "weights" -> given.weights = in.array(name, path -> in.integer(path, 0, Endpoint.MAX_WEIGHT));
                // Other programs write it and may add fields.
                default -> in.skip();
            }
        });
        List<HostAndPort> ips = given.ips;
        List<Integer> weights = given.weights;
        if (ips == null || weights == null) {
            throw new IOException((ips == null ? "ips" : "weights") + " was missing, expected an array");
        }
        if (ips.isEmpty()) {
            throw new IOException("ips was empty, expected at least one address (delete the key if there is none)");
        }
        if (ips.size() != weights.size()) {
            throw new IOException("ips had " + ips.size() + " elements and weights " + weights.size()
                    + ", expected the same number of both");
        }
        List<Endpoint> endpoints = new ArrayList<>(ips.size());
        Set<HostAndPort> seen = new HashSet<>();
        for (int i = 0; i < ips.size(); i++) {
            HostAndPort ip = ips.get(i);
            if (!seen.add(ip)) {
                throw new IOException("ips[" + i + "] was " + ip + " again, expected each address once");
            }
            endpoints.add(Endpoint.builder(ip.getHost(), ip.getPort())
                    .weight(weights.get(i))
                    .attributes(Map.of(Endpoint.ORDER, Integer.toString(i)))
                    .build());
        }
        return endpoints;
    }

    private static HostAndPort address(JsonReader in, String path) throws IOException {
        HostAndPort address = Addresses.parse(in.anyText(path), DEFAULT_PORT);
        if (address == null) {
            throw in.rejected(path, "an address such as 10.0.0.1 or 10.0.0.1:8080");
        }
        return address;
    }
}
