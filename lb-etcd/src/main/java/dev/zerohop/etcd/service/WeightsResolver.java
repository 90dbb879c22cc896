package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of another source with weights from etcd; see {@code EtcdWeights}. */
public final class WeightsResolver extends OverlayResolver {
    private final String key;
    private final Env env;

    // Touched by tasks only.
    private final LastGood<Weights> value = new LastGood<>(Weights::parse);
    private final SmoothWeights smooth = new SmoothWeights();
    private Weights weights = Weights.NONE;

    /** The last input and result of the weighting; null when the weights must be applied again. */
    private @Nullable List<Endpoint> weightedOf;

    private @Nullable List<Endpoint> weighted;
    private @Nullable Cancellable timer;

    public WeightsResolver(String name, Resolver members, ClientSource source, ServiceKeys keys) {
        super(name, members, source, keys, List.of(KeyRange.key(keys.weights())));
        this.key = keys.weights();
        this.env = source.env();
    }

    @Override
    void read(Map<String, Entry> entries, List<RejectedValue> rejections) {
        Weights read = value.read(entries.get(key), rejections);
        weights = read == null ? Weights.NONE : read;
        weighted = null;
    }

    @Override
    EndpointSet over(EndpointSet set) {
        if (weighted == null || weightedOf != set.endpoints()) {
            cancelTimer();
            weightedOf = set.endpoints();
            weighted = List.copyOf(smooth.apply(
                    weights.over(set.endpoints()),
                    weights.smoothing(),
                    env.time().nanoTime()));
            if (smooth.dueInNanos() != Long.MAX_VALUE) {
                timer = env.time().schedule(smooth.dueInNanos(), () -> run(this::reweight));
            }
        }
        return set.toBuilder().endpoints(weighted).build();
    }

    private void reweight() {
        weighted = null;
        update();
    }

    @Override
    String withoutEtcd() {
        return "the members' own weights hold";
    }

    @Override
    protected void onClose() {
        cancelTimer();
        super.onClose();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
