/**
 * What a user may set of an installation: a profile, files of values and single settings, laid over each other and
 * read into validated records. Each setting stands beside its default, bounds and meaning
 * ({@link dev.meshctl.cli.install.kubernetes.values.Setting}); the reference for users is generated from there.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.values;

import org.jspecify.annotations.NullMarked;
