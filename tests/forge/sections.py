"""The sections of the form, drawn one below the other; the small pieces they are made of are `edition.Sheet`'s."""
from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics

import text as T


class Sections:
    def intro(self):
        self.y -= 4
        self.heading(self.e.title)
        self.heading(T.INTRO[0])
        for words in T.INTRO[1:]:
            self.para(words)

    def title(self):
        self.heading(self.e.title)

    def prerequisites(self):
        self.heading(T.PREREQUISITES[0])
        for words in T.PREREQUISITES[1:]:
            self.para(words)

    def structure(self):
        self.heading(self.say("h3"))
        self.heading(self.say("h31"), 2)
        self.rows(self.e.structure_rows)

    def signatory(self):
        self.heading(self.say("h32"), 2)
        self.y -= 14
        roles = ["role_L", "role_D", "role_P"]
        if self.e.role == "row":
            self.write(self.left + 3, self.y, self.say("role"))
            x = self.left + max(92, pdfmetrics.stringWidth(self.say("role"), self.e.fonts[0], self.e.pt) + 14)
            for key in roles:
                x = self.choice(key, x, self.y, self.say(key)) + 14
        else:
            self.write(self.left + 3, self.y, self.say("role"))
            for key in roles:
                self.y -= 14
                self.choice(key, self.left + 18, self.y, self.say(key))
        self.y -= 8
        self.rows(self.e.signatory_rows)

    def structure_beside_signatory(self):
        self.heading(self.say("h3"))
        top, left, right, low = self.y, self.left, self.right, self.y
        middle = (left + right) / 2
        for x0, x1, draw in ((left, middle - 12, self.structure_column), (middle + 12, right, self.signatory)):
            self.y, self.left, self.right = top, x0, x1
            draw()
            low = min(low, self.y)
        self.y, self.left, self.right = low, left, right

    def structure_column(self):
        self.heading(self.say("h31"), 2)
        self.rows(self.e.structure_rows)

    def note(self):
        for words in self.e.trap_lines:
            self.para(words)
        self.para(T.NOTE, 7)

    def admins(self):
        self.heading(self.say("h4"))
        self.heading(self.say("h41"), 2)
        self.admin_head()
        for row in range(self.e.admin_rows):
            if self.e.admin_break and row == self.e.admin_break:
                self.c.showPage()
                self.page, self.y = self.page + 1, self.h - self.e.margin
                self.furniture(self.page + 1)
                self.admin_head()
            self.y -= self.e.height
            x = self.admin_x
            if self.e.admin_numbered:
                self.write(x[0] - 14, self.y + 4, str(row + 1))
            for i, column in enumerate(self.e.admin_columns):
                self.box(f"a{row}_{column}", x[i] + (0 if self.ruled else 1), self.y, x[i + 1] - (0 if self.ruled else 3), self.y + self.e.height)
        self.y -= 4

    def admin_head(self):
        shares = {"card": 0.17, "last": 0.2, "first": 0.18, "phone": 0.17, "email": 0.28}
        x = self.admin_x = [self.left + (20 if self.e.admin_numbered else 0)]
        for column in self.e.admin_columns:
            x.append(x[-1] + shares[column] * (self.right - x[0]))
        tall = max(self.label_height("a_" + c, x[i + 1] - x[i] - 6) for i, c in enumerate(self.e.admin_columns)) + 2
        self.ruled = self.e.line in ("box", "fill")
        for i, column in enumerate(self.e.admin_columns):
            if self.ruled:
                self.c.rect(x[i], self.y - tall, x[i + 1] - x[i], tall)
            self.label("a_" + column, x[i] + 3, self.y - 1, x[i + 1] - x[i] - 6)
        self.y -= tall

    def usage(self):
        self.heading(self.say("h42"), 2)
        self.y = self.field("purpose", self.left, self.right, max(34, self.e.height * 2))
        for key in ("publisher", "solution"):
            self.y = self.field(key, self.left, self.right)
        self.y -= 2

    def certificates(self):
        self.heading(self.say("h43"), 2)
        self.para(T.CERTIFICATES)
        lines = {"ssl": ("ssl_domain", "ssl_server"), "smime": ("smime_domain",), "pro": ("pro_domain",)}
        for key in ("org", "ssl", "smime", "pro"):
            self.y -= 12
            self.choice(key, self.left + 2, self.y, self.say(key), self.e.pt - 0.7)
            self.y -= 3
            if key in lines:
                self.para(self.say("fill_one" if key == "ssl" else "fill_it"), x=self.left + 16)
                for line in lines[key]:
                    self.y = self.field(line, self.left + 16, self.right)
                self.y -= 2

    def declare(self):
        if self.e.terms:
            self.y -= 13
            self.choice("terms", self.left, self.y, T.TERMS, self.e.pt - 0.5)
            self.y -= 4
        else:
            self.para(T.TERMS)
        self.para(T.CERTIFY)
        getattr(self, "zones_" + self.e.zones)()

    def zone(self, key, x0, y0, x1, y1, label=True):
        self.c.setStrokeColor(HexColor("#555555"))
        self.c.setLineWidth(0.6)
        if self.e.line in ("box", "fill"):
            self.c.rect(x0, y0, x1 - x0, y1 - y0)
        top = self.label(key, x0 + 3, y1 - 1, x1 - x0 - 6, self.e.pt - 0.5)
        self.boxes[key] = (self.page, x0 + 4, y0 + 3, x1 - 4, top - 1)
        if self.filler:
            self.filler.zone(self, key, self.boxes[key])

    def date_line(self, x0, x1):
        wide = pdfmetrics.stringWidth(self.say("date") + "  ", self.e.fonts[0], self.e.pt) + 8
        self.write(x0 + 3, self.y - 12, self.say("date") + (" :" if self.e.label == "inline" else ""))
        self.box("date", x0 + wide, self.y - 16, x1, self.y)

    def zones_classic(self):
        mid = (self.left + self.right) / 2
        self.date_line(self.left, mid)
        self.zone("stamp", mid, self.y - 96, self.right, self.y)
        self.zone("signature", self.left, self.y - 96, mid, self.y - 18)
        self.y -= 100

    def zones_columns(self):
        third = (self.right - self.left) / 3
        x = [self.left + i * third for i in range(4)]
        top = self.y
        self.write(x[0] + 3, top - 12, self.say("date"))
        self.box("date", x[0], top - 34, x[1] - 6, top - 17)
        self.zone("signature", x[1], top - 92, x[2], top)
        self.zone("stamp", x[2], top - 92, x[3], top)
        self.y -= 96

    def zones_stacked(self):
        self.date_line(self.left, self.left + 220)
        self.y -= 20
        for key in ("signature", "stamp"):
            self.zone(key, self.left, self.y - 84, self.right, self.y)
            self.y -= 88

    def zones_swapped(self):
        mid = (self.left + self.right) / 2
        self.date_line(self.left, self.left + 200)
        self.y -= 20
        self.zone("stamp", self.left, self.y - 84, mid - 4, self.y)
        self.zone("signature", mid + 4, self.y - 84, self.right, self.y)
        self.y -= 88

    def send(self):
        for words in T.SEND:
            self.para(words)

    def next(self):
        self.heading(T.NEXT[0])
        for words in T.NEXT[1:]:
            self.para(words)

    def notice(self):
        self.heading(T.NOTICE[0])
        for words in T.NOTICE[1:]:
            self.para(words)
