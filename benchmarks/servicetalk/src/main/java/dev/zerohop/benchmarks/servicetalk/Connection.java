package dev.zerohop.benchmarks.servicetalk;

import io.servicetalk.client.api.LoadBalancedConnection;
import io.servicetalk.concurrent.api.Completable;

/** A connection that is open and takes any number of requests. */
final class Connection implements LoadBalancedConnection {
    @Override
    public int score() {
        return 1;
    }

    @Override
    public Result tryRequest() {
        return Result.Accepted;
    }

    @Override
    public void requestFinished() {}

    @Override
    public boolean tryReserve() {
        return true;
    }

    @Override
    public Completable releaseAsync() {
        return Completable.completed();
    }

    @Override
    public Completable onClose() {
        return Completable.never();
    }

    @Override
    public Completable closeAsync() {
        return Completable.completed();
    }
}
