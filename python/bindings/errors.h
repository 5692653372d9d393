// poise::Error becomes poise.PoiseError.
#pragma once

namespace poise::python {

/// Of this module: called once, as it is made.
void translate_errors();

}  // namespace poise::python
