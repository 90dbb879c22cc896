package dev.zerohop.etcd.golb;

import dev.zerohop.EndpointSet;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.service.EtcdResolver;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A resolver of a golb function. From its start until it is closed, the values that it rejects are listed in the zone's status key. */
public final class GolbResolver extends EtcdResolver {
    private final ClientSource source;
    private final String zone;
    private ClientSource.@Nullable Use use;
    private Consumer<List<RejectedValue>> status = present -> {};

    public GolbResolver(String name, ClientSource source, String zone, String function) {
        this(name, source, zone, new GolbView(zone, function));
    }

    private GolbResolver(String name, ClientSource source, String zone, GolbView view) {
        super(
                name,
                source.env(),
                new Reading(
                        view, EndpointSet.Removals.MEANT, subscriber -> source.follow(view.followed(), subscriber)));
        this.source = source;
        this.zone = zone;
    }

    @Override
    protected void onStart() {
        ClientSource.Use opened = source.uses().get();
        use = opened;
        status = opened.zoneStatus(zone);
        super.onStart();
    }

    @Override
    protected void onRejected(List<RejectedValue> present) {
        status.accept(present);
    }

    @Override
    protected void onClose() {
        super.onClose();
        status.accept(List.of());
        if (use != null) {
            use.close();
        }
    }
}
