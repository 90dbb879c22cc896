package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSet;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The members of another source, over which something of a service in etcd is laid. The two are independent: each goes on while the other is unreachable. */
abstract class OverlayResolver extends AbstractResolver {
    private static final Log LOG = Log.of(OverlayResolver.class);

    /** How long the first members wait for the first answer of etcd. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final String name;
    private final Resolver members;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final List<KeyRange> ranges;

    // Touched by tasks only.
    private ClientSource.@Nullable Use use;
    private Consumer<List<RejectedValue>> status = present -> {};
    private @Nullable Cancellable following;
    private List<RejectedValue> rejected = List.of();
    private boolean etcdAnswered;
    private Resolution lastMembers = Resolution.NONE;

    OverlayResolver(String name, Resolver members, ClientSource source, ServiceKeys keys, List<KeyRange> ranges) {
        super(name, source.env());
        this.name = name;
        this.members = members;
        this.source = source;
        this.keys = keys;
        this.ranges = ranges;
    }

    /** Takes what etcd holds, and adds what it rejects. A task. */
    abstract void read(Map<String, Entry> entries, List<RejectedValue> rejections);

    /** Lays what was read over the members. A task. */
    abstract EndpointSet over(EndpointSet set);

    /** What holds until etcd has answered, for the log. */
    abstract String withoutEtcd();

    @Override
    protected void onStart() {
        try {
            ClientSource.Use opened = source.uses().get();
            use = opened;
            status = opened.status(keys);
            following = opened.follow(ranges, new KeySubscriber());
            var ignored = source.env().time().schedule(PATIENCE.toNanos(), () -> run(this::waitNoLonger));
        } catch (RuntimeException unusable) {
            LOG.warn("{}: etcd cannot be followed; {}", name, withoutEtcd(), unusable);
            etcdAnswered = true;
            publish(current().failed(unusable));
        }
        follow(members, now -> {
            lastMembers = now;
            update();
        });
    }

    @Override
    public void refresh() {
        refreshSource(members);
    }

    @Override
    protected void onClose() {
        closeSource(members);
        if (following != null) {
            following.cancel();
        }
        status.accept(List.of());
        if (use != null) {
            use.close();
        }
    }

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            run(() -> {
                List<RejectedValue> present = new ArrayList<>();
                read(state.values(), present);
                takeRejected(present);
                etcdAnswered = true;
                update();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {
            run(OverlayResolver.this::waitNoLonger);
        }
    }

    private void waitNoLonger() {
        if (!etcdAnswered) {
            etcdAnswered = true;
            LOG.warn("{}: etcd does not answer; {} until it does", name, withoutEtcd());
            update();
        }
    }

    private void takeRejected(List<RejectedValue> present) {
        if (present.equals(rejected)) {
            return;
        }
        rejected = List.copyOf(present);
        status.accept(rejected);
        rejected.forEach(bad -> LOG.warn("{}: {}", name, bad.text()));
    }

    /** The members' source with what is laid over it; its endpoints once that is known. For tasks. */
    final void update() {
        List<String> all = new ArrayList<>(lastMembers.rejected());
        rejected.forEach(bad -> all.add(bad.text()));
        Resolution next = lastMembers.rejecting(all);
        publish(etcdAnswered ? next.mapEndpoints(this::over) : next.withoutEndpoints());
    }
}
