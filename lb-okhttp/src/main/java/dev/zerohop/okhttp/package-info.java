/**
 * Routes the calls of an OkHttp client to logical names straight to the endpoints of a service. {@link dev.zerohop.okhttp.ZerohopOkHttp} is the
 * way in.
 */
@NullMarked
package dev.zerohop.okhttp;

import org.jspecify.annotations.NullMarked;
