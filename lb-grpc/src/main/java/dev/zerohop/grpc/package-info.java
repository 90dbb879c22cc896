/**
 * zerohop for grpc-java. With this module on the class path every target of zerohop works in {@code Grpc.newChannelBuilder}, and the
 * load-balancing policy {@code zerohop} works under any other name resolver. {@link dev.zerohop.grpc.ZerohopGrpc} holds what an application may
 * want to touch.
 */
@NullMarked
package dev.zerohop.grpc;

import org.jspecify.annotations.NullMarked;
