/**
 * Automatic sharding for servers: the members of a service divide its keys among themselves by load. One of them, elected, is the assigner; the store holds the assignment, and clients
 * look up owners in their own copy of it.
 */
@NullMarked
package dev.zerohop.sharding;

import org.jspecify.annotations.NullMarked;
