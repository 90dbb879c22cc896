/** A reverse proxy over golb functions: {@code /function/NAME/rest} goes to an endpoint of the function as {@code /rest}. */
@NullMarked
package dev.zerohop.gateway;

import org.jspecify.annotations.NullMarked;
