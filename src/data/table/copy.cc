#include "data/table/copy.h"

#include <algorithm>

#include "base/index.h"
#include "data/table/csv_cell.h"
#include "data/table/head.h"
#include "data/table/roles.h"
#include "data/write/output_file.h"

namespace poise::inline data {
namespace {

/// Copies the rows of one table.
class TableCopier {
 public:
  TableCopier(const Bytes& bytes, const std::string& file, char delimiter, const ReadOptions& options)
      : options_(options),
        head_(open_table(bytes, file, options, {}, MissingValues(options.missing_values))),
        roles_(choose_roles(head_, options)),
        delimiter_(delimiter) {
    for (Index j = 0; j < head_.columns(); ++j) {
      const bool feature = std::ranges::count(roles_.features, j) > 0;
      if (feature || j == roles_.weight) order_.push_back(j);
    }
    order_.push_back(roles_.label);
  }

  CopiedTable run(OutputFile& out) {
    CopiedTable copied{0, static_cast<Index>(order_.size()) - 1, head_.notices};
    copied.notices.insert(copied.notices.end(), roles_.notices.begin(), roles_.notices.end());
    std::vector<std::string> cells = head_.names;
    write(cells, out);
    const TableText& text = head_.text;
    for (const char* p = text.find_row(head_.data); p != text.end; p = text.find_row(text.next_line(p))) {
      read_row(p, cells);
      if (options_.strip_label_dot && cells[roles_.label].ends_with('.')) cells[roles_.label].pop_back();
      write(cells, out);
      ++copied.rows;
    }
    return copied;
  }

 private:
  /// The cells of the row at p, which moves to the row's end.
  void read_row(const char*& p, std::vector<std::string>& cells) const {
    const char* const row = p;
    std::size_t column = 0;
    do {
      const Cell cell = head_.text.read_cell(p);
      if (column < cells.size()) cells[column] = cell.text(head_.text.dialect.quote);
      ++column;
    } while (head_.text.next_cell(p));
    if (column != cells.size()) fail_ragged(head_.text, row, head_.columns());
  }

  void write(const std::vector<std::string>& cells, OutputFile& out) {
    line_.clear();
    for (const Index column : order_) {
      line_ += csv_cell(cells[column], ",;|\t");
      line_ += delimiter_;
    }
    line_.back() = '\n';
    out.write(line_);
  }

  const ReadOptions& options_;
  TableHead head_;
  TableRoles roles_;
  char delimiter_;
  std::vector<Index> order_;
  std::string line_;
};

}  // namespace

CopiedTable copy_table(const Bytes& bytes, const std::string& file, const std::string& target, char delimiter,
                       const ReadOptions& options) {
  TableCopier copier(bytes, file, delimiter, options);
  OutputFile out(target);
  CopiedTable copied = copier.run(out);
  out.commit();
  return copied;
}

}  // namespace poise::inline data
