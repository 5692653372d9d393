#include "base/product.h"

#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>

#include "base/aligned.h"
#include "poise/error.h"

namespace poise {
namespace {

using dnnl::memory;

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// rows×cols as the product sees them; `ld` is between rows as stored, which are columns here if `transposed`.
memory::desc described(Index rows, Index cols, Index ld, bool transposed, memory::data_type type) {
  const memory::dims strides = transposed ? memory::dims{1, ld} : memory::dims{ld, 1};
  return {{rows, cols}, type, strides};
}

/// oneDNN 2 describes an operation apart from its primitive, oneDNN 3 in one step.
dnnl::matmul::primitive_desc matmul(const memory::desc& a, const memory::desc& b, const memory::desc& c,
                                    const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {processor(), a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, processor()};
#endif
}

/// A prepared product with its operands' places, which are set anew at every call.
class Prepared {
 public:
  explicit Prepared(const ProductShape& s) : stream_(processor()) {
    const auto type = s.input == ProductInput::kFloat32 ? memory::data_type::f32 : memory::data_type::bf16;
    const auto a = described(s.m, s.k, s.lda, s.transpose_a, type);
    const auto b = described(s.k, s.n, s.ldb, s.transpose_b, type);
    const auto c = described(s.m, s.n, s.ldc, false, memory::data_type::f32);
    dnnl::primitive_attr ours;
    ours.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (s.accumulate) {
      dnnl::post_ops after;
      after.append_sum(1);
      ours.set_post_ops(after);
    }
    const dnnl::matmul::primitive_desc description = matmul(a, b, c, ours);
    product_ = dnnl::matmul(description);
    const memory::desc scratch = description.scratchpad_desc();
    room_.resize(scratch.get_size() / sizeof(float) + kSlack);
    scratch_ = memory(scratch, processor(), room_.data());
    a_ = memory(a, processor(), nullptr);
    b_ = memory(b, processor(), nullptr);
    c_ = memory(c, processor(), nullptr);
  }

  void run(const void* a, const void* b, float* c) {
    a_.set_data_handle(const_cast<void*>(a));  // oneDNN does not write to it
    b_.set_data_handle(const_cast<void*>(b));
    c_.set_data_handle(c);
    // The C interface: its C++ twin makes a hash table of three entries every time.
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, a_.get()},
                                         {DNNL_ARG_WEIGHTS, b_.get()},
                                         {DNNL_ARG_DST, c_.get()},
                                         {DNNL_ARG_SCRATCHPAD, scratch_.get()}};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(product_.get(), stream_.get(), 4, arguments), "a product failed");
  }

 private:
  dnnl::stream stream_;
  dnnl::matmul product_;
  // Work space of our own: oneDNN's, shared by all products of a thread, is read 64 bytes past its end.
  static constexpr std::size_t kSlack = 1024;
  AlignedFloats room_;
  memory a_, b_, c_, scratch_;
};

}  // namespace

void multiply(const ProductShape& shape, const void* a, const void* b, float* c) {
  // Of each thread: a primitive holds scratch memory that two threads must not share.
  thread_local std::map<ProductShape, std::unique_ptr<Prepared>> prepared;
  auto& entry = prepared[shape];
  try {
    if (!entry) entry = std::make_unique<Prepared>(shape);
    entry->run(a, b, c);
  } catch (const dnnl::error& error) {
    throw Error(ErrorKind::kResource, std::string("oneDNN cannot multiply: ") + error.what(), "a processor it knows",
                shape.input == ProductInput::kBfloat16 ? "train with --precision float32" : "");
  }
}

void multiply(Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb, float beta, float* c,
              Index ldc) {
  const dnnl_status_t status = dnnl_sgemm('N', 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
  if (status != dnnl_success) throw Error(ErrorKind::kResource, "oneDNN cannot multiply", "memory for its work space");
}

}  // namespace poise
