package dev.zerohop.etcd.directory;

import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.AbstractResolver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hands out a directory with every set of another resolver. */
public final class DirectoryResolver extends AbstractResolver {
    private final Resolver endpoints;
    private final ClientSource source;
    private final ServiceKeys service;
    private final DirectoryOptions options;

    // Touched by tasks only.
    private Resolution said = Resolution.NONE;
    private @Nullable EtcdDirectory directory;
    private @Nullable String rejected;

    /** {@code service} is the one whose directory it is. */
    public DirectoryResolver(Resolver endpoints, ClientSource source, ServiceKeys service, DirectoryOptions options) {
        super(endpoints, source.env());
        this.endpoints = endpoints;
        this.source = source;
        this.service = service;
        this.options = options;
    }

    /** Without a client there is no directory, and the other resolver goes by the same client. */
    @Override
    protected void onStart() {
        ClientSource.Use use = source.uses().get();
        try {
            directory = new EtcdDirectory(
                    use.store(), service.directory(), source.env(), options, this::reject, use::close);
        } catch (RuntimeException unusable) {
            use.close();
            throw unusable;
        }
        follow(endpoints, now -> {
            said = now;
            update();
        });
    }

    private void reject(String reason) {
        run(() -> {
            rejected = reason;
            update();
        });
    }

    /** A set that has a directory already, because it comes from elsewhere, keeps it. Of the directory's values the last one that cannot be used is named. */
    private void update() {
        List<String> all = new ArrayList<>(said.rejected());
        if (rejected != null) {
            all.add(rejected);
        }
        publish(said.rejecting(all).mapEndpoints(set -> set.directory() == null ? set.withDirectory(directory) : set));
    }

    @Override
    public void refresh() {
        refreshSource(endpoints);
    }

    @Override
    protected void onClose() {
        closeSource(endpoints);
        if (directory != null) {
            directory.close();
        }
    }
}
