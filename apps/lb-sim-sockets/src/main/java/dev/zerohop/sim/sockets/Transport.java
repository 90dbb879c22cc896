package dev.zerohop.sim.sockets;

/** Through what clients call. */
public enum Transport {
    /** Channels of gRPC with lb-grpc. */
    GRPC,
    /** Clients of OkHttp with lb-okhttp, over HTTP/1.1. */
    HTTP
}
